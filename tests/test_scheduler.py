"""Sweeps: repeated at any time, in batches, and told of when they fail."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from tortoise.backends.base.client import TransactionalDBClient
from tortoise.connection import get_connection

from chatbot.messages import Address, Kind
from chatbot.scheduler import Scheduler
from handlers.sweeps import SWEEPS
from models.chat import Chat
from models.code import SENDS_FROM_CHAT, Code
from models.database import run_tx
from models.delivery import Delivery
from models.link import PageLink
from models.outgoing import Outgoing
from models.tally import Tally
from tests.conftest import Database

NOW = datetime(2026, 11, 25, 2, 0, tzinfo=UTC)


@dataclass
class Counted:
    """A sweep over a number of things to do, which may fail."""

    left: int
    name: str = "counted"
    every: timedelta = timedelta(0)
    fails: bool = False
    own_transactions: bool = False
    on_commit: bool = False
    long: bool = False
    batches: list[int] = field(default_factory=list)

    async def run(self, now: datetime, wall: datetime) -> int:
        if self.fails:
            raise RuntimeError("0900000001")
        batch = min(self.left, 10)
        self.left -= batch
        self.batches.append(batch)
        return batch


def scheduler(*sweeps: Counted, woken: list[int] | None = None) -> Scheduler:
    """A scheduler at a fixed time."""
    return Scheduler(sweeps, lambda: NOW, lambda: NOW, lambda: (woken or []).append(1))


async def until(condition: Callable[[], bool]) -> None:
    """Wait, for a while, until something holds."""
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110  # a sweep tells nobody
            await asyncio.sleep(0.01)


async def test_a_sweep_goes_on_until_nothing_is_due(database: Database) -> None:
    """In batches, each a transaction of its own."""
    sweep = Counted(25)
    await scheduler(sweep).run_all()
    assert sweep.batches == [10, 10, 5, 0]


async def test_a_sweep_that_fails_does_not_stop_the_others(database: Database) -> None:
    """The failure is told by its type until it is over."""
    bad, good = Counted(1, name="bad", fails=True), Counted(5, name="good")
    running = scheduler(bad, good)
    await running.start()
    await until(lambda: not good.left)
    assert running.health() == "the sweep 'bad' fails (RuntimeError): see the log"
    bad.fails = False
    await running.run_all()
    assert running.health() is None
    await running.stop()
    assert running.health() == "no sweep is running: restart the desk"


@dataclass
class Outside(Counted):
    """A sweep that waits for the outside, and counts whether it did so in a transaction."""

    own_transactions: bool = True
    on_commit: bool = True
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    in_transaction: set[bool] = field(default_factory=set)

    async def run(self, now: datetime, wall: datetime) -> int:
        self.in_transaction.add(isinstance(get_connection("default"), TransactionalDBClient))
        await self.gate.wait()
        return await super().run(now, wall)


async def test_a_sweep_that_waits_for_the_outside_holds_up_no_other(database: Database) -> None:
    """It runs beside the others, and in no transaction but its own."""
    outside, inside = Outside(5, name="outside"), Counted(25)
    running = scheduler(outside, inside)
    await running.start()
    await until(lambda: not inside.left)
    assert outside.batches == []
    outside.gate.set()
    await until(lambda: not outside.left)
    assert outside.in_transaction == {False}
    await running.stop()


async def test_a_long_sweep_holds_up_no_other(database: Database) -> None:
    """Neither those that follow the clock nor those that wait for the outside."""
    long, outside, inside = Outside(5, name="long", long=True), Outside(5, name="outside"), Counted(25)
    outside.gate.set()
    running = scheduler(long, outside, inside)
    await running.start()
    await until(lambda: not inside.left and not outside.left)
    assert long.batches == []
    long.gate.set()
    await until(lambda: not long.left)
    await running.stop()


async def test_a_commit_wakes_what_waits_for_it(database: Database) -> None:
    """And only that; without one it waits for its turn."""
    outside = Outside(0, name="outside", every=timedelta(days=1))
    inside = Counted(0, every=timedelta(days=1))
    outside.gate.set()
    running = scheduler(outside, inside)
    await running.start()
    await until(lambda: bool(outside.batches and inside.batches))
    outside.left = inside.left = 1
    await asyncio.sleep(1.3)
    assert (outside.left, inside.left) == (1, 1)
    running.wake()
    await until(lambda: not outside.left)
    assert inside.left == 1
    await running.stop()


async def sweep_at(then: datetime) -> None:
    """Run every sweep at an instant."""
    await Scheduler(SWEEPS, lambda: then, lambda: then, lambda: None).run_all()


async def test_what_has_served_is_forgotten(database: Database) -> None:
    """Codes, links, counters and deliveries go when they are old, and not before."""

    async def make() -> Chat:
        chat = await Chat.hold(Address("web", "1"), "vi", NOW)
        await Code.issue(chat.id, Kind.PHONE, "+84900000001", real=True, now=NOW)
        await PageLink.make(chat.id, chat.id, (Kind.PHONE, "+84900000001"), NOW)
        await Tally.charge(SENDS_FROM_CHAT, "x", NOW)
        await Delivery.create(channel="web", delivery="1", received_at=NOW)
        await chat.keep("policy", "read", b"state", NOW, NOW + timedelta(hours=1), NOW)
        return chat

    await run_tx(make)
    kept = (Code, PageLink, Tally, Delivery)
    for age, left in ((timedelta(hours=1), 4), (timedelta(days=3), 1), (timedelta(days=31), 0)):
        await sweep_at(NOW + age)
        assert sum([await table.all().count() for table in kept]) == left
    chat = await Chat.find(Address("web", "1"))
    assert chat is not None
    assert (chat.conversation, chat.state) == (None, None)


async def test_words_are_wiped_only_at_the_outlets_named(database: Database) -> None:
    """A web chat's history stays, a messenger's words go."""
    from chatbot.messages import Reply

    async def make() -> None:
        for channel in ("web", "telegram"):
            chat = await Chat.hold(Address(channel, "1"), "vi", NOW)
            await Outgoing.to_chat(chat, [Reply("words")], NOW)

    await run_tx(make)
    await Outgoing.all().update(settled_at=NOW)
    assert await Outgoing.wipe(["telegram"], NOW + timedelta(seconds=1), 10) == 1
    assert {(row.outlet, row.payload is None) for row in await Outgoing.all()} == {
        ("web", False),
        ("telegram", True),
    }
