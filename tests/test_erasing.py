"""An erasure is carried out: nothing of the person is left, everybody else's is as it was."""

from __future__ import annotations

from pathlib import Path

import pytest

from chatbot.messages import Address
from models.case import Case
from models.chat import Chat
from models.data_request import DataRequest
from models.erasure import Erasure
from models.inventory import INVENTORY
from models.outgoing import lane_to
from models.removal import Removal
from tests.conftest import Database
from tests.erasure_world import (
    NOW,
    Erasing,
    Somebody,
    add_somebody,
    freeze,
    raw,
    rows,
    sealed_of,
    sent,
    tables_naming,
)

MARK, OTHER = "Hoadaoxanh", "Trangluoiliem"

NOBODYS = {
    *("audit_day", "desk", "erased", "erased_mark", "morning_digest", "staff_member"),
    *("staff_session", "telling", "zalo_chain", "removal", "erasure"),
    *("case_reply", "clock_warning"),
}
"""Tables in which nobody of this world has a row."""


@pytest.fixture
async def two(database: Database, tmp_path: Path) -> tuple[Somebody, Somebody]:
    """Two people."""
    return await add_somebody(tmp_path, MARK, 1), await add_somebody(tmp_path, OTHER, 2)


async def test_nothing_is_left_of_whoever_is_erased(
    two: tuple[Somebody, Somebody], database: Database, tmp_path: Path
) -> None:
    """In every table, in every file and, on SQLite, in every byte; the other person's is as it was."""
    gone, other = two
    before = await rows()
    assert {table for table, held in before.items() if not held} == NOBODYS
    secrets = await sealed_of(gone)
    requests = [str(one.id) for one in await DataRequest.filter(customer=gone.customer)]
    lanes = [lane_to(Address("sms", gone.phone)), lane_to(Address("email", gone.email))]
    await freeze(gone)
    await Erasing(tmp_path).run()
    chat = await Chat.find(gone.address)
    assert chat
    await sent(chat.id)
    case = await Case.get(id=gone.case)
    await Case.filter(id=case.id).update(ended_at=NOW)
    await Erasing(tmp_path).run()
    assert await tables_naming(gone) == set()
    assert [await one.all().count() for one in (Removal, Erasure)] == [0, 0]
    assert not await Chat.find(gone.address)
    assert not any((tmp_path / name).exists() for name in gone.files)
    assert all((tmp_path / name).exists() for name in other.files)
    after = await rows()
    theirs = {*map(str, (gone.customer, gone.chat, gone.case)), *lanes, *requests}
    for table in INVENTORY.keys() - {"number_counter"}:
        kept = [row for row in before[table] if not theirs & set(map(str, row.values()))]
        assert [row for row in kept if row not in after[table]] == [], table
    if database.url.startswith("sqlite"):
        everything = raw(database.url, tmp_path)
        assert [word for word in (*gone.words, *other.words) if word in everything] == []
        assert [one for one in secrets if one in everything] == []
        assert all(one in everything for one in await sealed_of(other)), "the search finds what is there"
