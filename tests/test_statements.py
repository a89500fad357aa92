"""How many statements a message takes: there is no cheaper way to make the desk slow than one more."""

from __future__ import annotations

import pytest
from tortoise.connection import get_connection

from models.database import CONNECTION
from tests.chat import Desk
from tests.conftest import Database

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
async def statements(database: Database) -> list[str]:
    """What SQLite has run since the list was last cleared."""
    seen: list[str] = []
    client = get_connection(CONNECTION)
    await client.create_connection(with_db=True)
    await client._connection.set_trace_callback(seen.append)
    return seen


@pytest.mark.parametrize("text", ["/menu", "/chinhsach", "cảm ơn"])
async def test_a_plain_message_takes_four_statements(statements: list[str], text: str) -> None:
    """Its delivery, its chat, where that stands now, and the answer, within one transaction."""
    chat = Desk().chat(channel="messenger")
    await chat.says("/start")
    message = chat.message(text=text)
    statements.clear()
    await chat.desk.engine().receive(message)
    kinds = [statement.split()[0] for statement in statements]
    assert kinds == ["BEGIN", "INSERT", "SELECT", "UPDATE", "INSERT", "COMMIT"]


async def test_a_message_of_somebody_proven_takes_two_more(statements: list[str]) -> None:
    """Their proofs, kept alive in the statement that reads them, and the records behind these."""
    chat = Desk().chat(channel="messenger")
    await chat.says("/xacminh")
    await chat.presses("identity.way.choice.share")
    await chat.shares("+84900000001")
    message = chat.message(text="/menu")
    statements.clear()
    await chat.desk.engine().receive(message)
    assert len(statements) == 6 + 2
