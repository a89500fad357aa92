"""The database layer: transactions, migrations, and the traps of the libraries beneath."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from chatbot.messages import Address, Inbound
from models import Chat, Delivery, Desk
from models.database import run_tx
from models.migrate import migrate, pending
from tests.conftest import Database

NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)


def inbound(delivery: str) -> Inbound:
    """A message with a delivery id of its own."""
    return Inbound(Address("telegram", "1"), delivery, NOW, text="xin chào")


async def test_a_delivery_is_new_once(database: Database) -> None:
    """The second time the same delivery comes it is known."""
    assert await run_tx(lambda: Delivery.register(inbound("1"), NOW))
    assert not await run_tx(lambda: Delivery.register(inbound("1"), NOW))
    assert await run_tx(lambda: Delivery.register(inbound("2"), NOW))


async def test_a_cancelled_transaction_leaves_the_database_usable(database: Database) -> None:
    """A storm of cancellations at every moment tears no transaction and leaks no connection."""
    done: list[int] = []

    async def write(number: int) -> None:
        async def work() -> None:
            await Desk.create(name=f"a{number}", value="1")
            await asyncio.sleep(0)
            await Desk.create(name=f"b{number}", value="1")

        await run_tx(work)
        done.append(number)

    tasks = []
    for number in range(150):
        tasks.append(asyncio.create_task(write(number)))
        await asyncio.sleep(0.0005 * (number % 7))
        if number % 2:
            tasks[-1].cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    names = set(await Desk.all().values_list("name", flat=True))
    assert {name[1:] for name in names if name[0] == "a"} == {name[1:] for name in names if name[0] == "b"}
    assert {f"a{number}" for number in done} <= names
    await asyncio.wait_for(run_tx(lambda: Delivery.register(inbound("after"), NOW)), 5)


async def test_migrations_are_complete_and_repeatable(database: Database) -> None:
    """After migrating nothing is pending, and migrating again changes nothing."""
    assert await pending() == []
    await Desk.create(name="kept", value="1")


async def test_processes_that_start_together_migrate_once(database_url: str) -> None:
    """Several migrations at once end well: one works, the others find it done."""
    for _ in range(2):
        await migrate(database_url)


@pytest.mark.parametrize("count", [20])
async def test_a_chat_is_made_once_however_many_ask(database: Database, count: int) -> None:
    """Parallel first messages of one person end in one chat with one key."""

    async def hold() -> object:
        return (await run_tx(lambda: Chat.hold(Address("telegram", "7"), "vi", NOW))).id

    ids = await asyncio.gather(*(hold() for _ in range(count)))
    assert len(set(ids)) == 1
    assert await Chat.all().count() == 1
