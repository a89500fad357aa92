"""The real program is killed in the middle of a sweep over records whose time is over: it goes on."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from chatbot.crypto import KeyRing
from models.customer import Customer, Stage
from models.database import run_tx
from models.event import Event, Tag
from models.keys import new_id, use_ring
from models.retention_ask import RetentionAsk
from tests.conftest import Database
from tests.e2e.program import Program, soon
from tests.retention import many

RECORDS = 40
LONG_AGO = datetime(2020, 1, 1, 3, tzinfo=UTC)


async def each(tag: Tag) -> Counter[int]:
    """How many records have how many events of a kind."""
    return Counter(Counter([event.customer for event in await Event.filter(tag=tag)]).values())


def at_least(count: int, tag: Tag) -> Callable[[], Awaitable[bool]]:
    """Whether so many events of a kind have happened."""

    async def are_there() -> bool:
        return await Event.filter(tag=tag).count() >= count

    return are_there


async def is_gathering() -> bool:
    """Whether it is being found out what a director is to be asked."""
    return await RetentionAsk.open_one() is not None


async def is_asked() -> bool:
    """Whether a director is being asked."""
    ask = await RetentionAsk.open_one()
    return ask is not None and ask.records is not None


async def is_over() -> bool:
    """Whether nobody is left."""
    return not await Customer.exists() and await RetentionAsk.open_one() is None


async def test_a_sweep_that_was_killed_goes_on(database: Database, keyring: Path, tmp_path: Path) -> None:
    """While it asks a director, and while it erases: nobody goes before the yes, and then everybody, once."""
    ring = Path(shutil.copy(keyring, tmp_path / "ring.json"))
    use_ring(KeyRing.load(ring))
    await many(RECORDS, LONG_AGO, phone=None)
    await Customer.all().update(retention=Stage.TOLD_TWICE, erase_on=LONG_AGO.date())
    async with Program(tmp_path, DATABASE_URL=database.url, KEYRING=str(ring)) as program:
        for so_far in (is_gathering, is_asked):
            assert await program.cut_off(so_far, "serve")
        assert await Customer.filter(retention=Stage.SHOWN, frozen_at=None).count() == RECORDS
        ask = await RetentionAsk.open_one()
        assert ask
        assert ask.records == RECORDS
        assert await Event.filter(tag=Tag.RETENTION_ASKED).count() == 1
        assert await run_tx(partial(ask.allow, new_id(), datetime.now(UTC)))
        for count in (1, RECORDS // 2):
            assert await program.cut_off(at_least(count, Tag.ERASURE_ASKED), "serve")
        await program.start(seconds=40)
        await soon(is_over, seconds=60)
        await program.terminate()
        assert [line for line in program.problems if "sweep" in line] == []
    assert await each(Tag.ERASURE_ASKED) == {1: RECORDS}
    assert await each(Tag.ERASURE_BEGUN) == {1: RECORDS}
