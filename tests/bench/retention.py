"""What the end of retention costs: a look where nothing is due, and two notices and the erasures of some of
very many records.
"""

from __future__ import annotations

import gc
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from tortoise.backends.base.executor import EXECUTOR_CACHE

from chatbot.crypto import KeyRing
from handlers.retention import Retention
from models.customer import Customer, Profile
from models.database import connect, disconnect, fetch, run_tx
from models.keys import new_id, use_ring
from models.migrate import migrate
from models.retention_ask import RetentionAsk, RetentionDay
from tests.bench.databases import database_of_our_own
from tests.bench.sweep import LOOKS, holds_of
from tests.cases import REACH, SHOP, Watch
from tests.retention import at, leaving

RECORDS, DUE = 100_000, 5_000
LAST = at("2026-03-10T15:00")
FIRST, SECOND, GONE = at("2027-02-09T09:00"), at("2027-03-04T09:00"), at("2027-03-11T09:00")
OTHERS = at("2026-12-01T10:00")


@dataclass(frozen=True, slots=True)
class Step:
    """One round of the sweep: seconds in all, and the longest time that it held the write lock, in
    milliseconds."""

    database: str
    what: str
    records: int
    seconds: float
    longest: float


async def steps(kind: str) -> AsyncIterator[Step]:
    """On one database. Raises OSError or asyncpg.PostgresError where PostgreSQL does not let us in."""
    with TemporaryDirectory() as folder:
        ring = Path(folder, "ring.json")
        KeyRing.create(ring)
        use_ring(KeyRing.load(ring))
        async with database_of_our_own(kind, folder) as url:
            await migrate(url)
            EXECUTOR_CACHE.clear()
            await connect(url)
            try:
                await _fill()
                gc.freeze()  # as the desk does when it has started
                yield await _idle(kind)
                for what, now in (("first", FIRST), ("second", SECOND), ("ask", GONE)):
                    yield await _step(kind, what, now)
                ask = await RetentionAsk.open_one()
                assert ask
                assert await run_tx(lambda: ask.allow(new_id(), GONE))
                yield await _step(kind, "erase", GONE)
                assert len(await leaving()) == DUE
            finally:
                await disconnect()


async def _step(kind: str, what: str, now: datetime) -> Step:
    sweep = Retention(SHOP, Watch().tell, REACH).run
    await RetentionDay.all().delete()
    begun = time.perf_counter()
    async with holds_of() as holds:
        await sweep(now, now)
    return Step(kind, what, DUE, time.perf_counter() - begun, max(holds) * 1000)


async def _idle(kind: str) -> Step:
    """A look where nothing is due: the day before the first notices."""
    sweep, now = Retention(SHOP, Watch().tell, REACH).run, FIRST - timedelta(days=1)
    looks: list[float] = []
    async with holds_of() as holds:
        for _ in range(LOOKS):
            begun = time.perf_counter()
            assert await sweep(now, now) == 0
            looks.append(time.perf_counter() - begun)
    return Step(kind, "idle", RECORDS, median(looks), max(holds) * 1000)


async def _fill() -> None:
    """Records with a contact each, of which some were silent for long."""
    for start in range(0, RECORDS, 1000):
        drafts = [
            Customer.make(
                Profile("Khách", phone=f"+8490{start + number:07}"),
                source="import",
                consent=None,
                last_contact_at=LAST if start + number < DUE else OTHERS,
                now=LAST,
            )
            for number in range(1000)
        ]
        await run_tx(lambda: Customer.add(drafts))  # noqa: B023  # called before the next round
    await fetch("ANALYZE")
