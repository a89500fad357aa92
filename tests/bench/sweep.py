"""What the sweeps over cases cost: a look at all clocks when nothing is due, and the warnings and apologies
after a standstill, with more and more cases that are open, and with many that are closed.
"""

from __future__ import annotations

import gc
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from unittest.mock import patch

from tortoise.backends.base.executor import EXECUTOR_CACHE
from tortoise.transactions import in_transaction

from chatbot.crypto import KeyRing
from models.case import Case, Category
from models.case_entry import CaseEntry, Entry
from models.case_states import CaseState
from models.database import connect, disconnect, fetch
from models.deadline import Deadline
from models.keys import SubjectKey, new_id, use_ring
from models.migrate import migrate
from models.promises import TERMS, Promise
from models.warning import ClockWarning, Level
from tests.bench.databases import database_of_our_own
from tests.cases import SHOP, Watch, at

NOW = at("2026-11-20T10:00")
"""A working morning on which every open case has missed its day: five rungs each, four of them
skipped."""
FIRST_DAY, DAYS = at("2026-10-05T10:00"), 14
"""When the cases were filed."""
LOOKS = 5
UNTOLD = 100
"""Customers who are still to hear that their day was missed: a letter each, in small batches."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Milliseconds: of all sweeps over cases when nothing is due; of the first batch of warnings after a
    standstill; and of the longest of all batches, each from taking the write lock to the commit."""

    database: str
    open: int
    closed: int
    idle: float
    first: float
    longest: float


async def costs(kind: str) -> AsyncIterator[Cost]:
    """On one database, with ever more cases; at last most of the open ones are closed too.

    Raises OSError or asyncpg.PostgresError where PostgreSQL does not let us in.
    """
    with TemporaryDirectory() as folder:
        ring = Path(folder, "ring.json")
        KeyRing.create(ring)
        use_ring(KeyRing.load(ring))
        async with database_of_our_own(kind, folder) as url:
            await migrate(url)
            EXECUTOR_CACHE.clear()
            await connect(url)
            try:
                for open_, closed in ((1_000, 0), (10_000, 0), (10_000, 50_000), (1_000, 59_000)):
                    await _file(open_, closed)
                    yield await _cost(kind, open_, closed)
            finally:
                await disconnect()


async def _cost(kind: str, open_: int, closed: int) -> Cost:
    watch = Watch()
    gc.freeze()  # as the desk does when it has started
    async with holds_of() as holds:
        await watch.sweep(NOW, "warn")
        first = holds[0]
        await watch.sweep(NOW)
    await fetch("ANALYZE")  # as PostgreSQL does by itself
    looks = []
    for _ in range(LOOKS):
        begun = time.perf_counter()
        await watch.sweep(NOW)
        looks.append(time.perf_counter() - begun)
    return Cost(kind, open_, closed, median(looks) * 1000, first * 1000, max(holds) * 1000)


@asynccontextmanager
async def holds_of() -> AsyncIterator[list[float]]:
    """How long each transaction held the write lock, in seconds."""
    holds: list[float] = []

    @asynccontextmanager
    async def timed(connection: str) -> AsyncIterator[None]:
        async with in_transaction(connection):
            begun = time.perf_counter()
            yield
        holds.append(time.perf_counter() - begun)

    with patch("models.database.in_transaction", timed):
        yield holds


async def _file(open_: int, closed: int) -> None:
    """Let there be so many cases: what is open beyond that is closed, what is missing is filed. Nobody has
    been told of any clock that runs, and of the missed days all customers but a few."""
    running = await Deadline.filter(met_at=None).count()
    await fetch(
        "UPDATE deadline SET met_at = ? WHERE id IN"
        " (SELECT id FROM deadline WHERE met_at IS NULL ORDER BY id LIMIT ?)",
        NOW,
        max(running - open_, 0),
    )
    await fetch(
        f"""UPDATE "case" SET state = '{CaseState.CLOSED}'"""
        " WHERE id NOT IN (SELECT about FROM deadline WHERE met_at IS NULL)"
    )
    await _add(max(open_ - running, 0), CaseState.RUNNING)
    await _add(max(closed - await Deadline.exclude(met_at=None).count(), 0), CaseState.CLOSED)
    await fetch("DELETE FROM outgoing")
    await fetch(
        "DELETE FROM clock_warning WHERE deadline_id IN (SELECT id FROM deadline WHERE met_at IS NULL)"
    )
    await fetch(f"DELETE FROM case_entry WHERE kind = '{Entry.OVERDUE}'")
    told = await Deadline.filter(met_at=None).order_by("-id").limit(open_ - UNTOLD)
    entries = [CaseEntry(case_id=one.about, ref=new_id(), at=NOW, kind=Entry.OVERDUE) for one in told]
    await CaseEntry.bulk_create(entries, batch_size=1000)
    await fetch("ANALYZE")


async def _add(count: int, state: CaseState) -> None:
    """File cases, spread over the days. The closed ones were met on their last day, with a warning each."""
    numbered = await Case.all().count()
    keys = [SubjectKey.make(new_id()) for _ in range(count)]
    filed = [FIRST_DAY + timedelta(days=number % DAYS) for number in range(count)]
    due = {day: SHOP.calendar.deadline(day, TERMS[Promise.RESOLVE].days) for day in set(filed)}
    cases = [
        Case(
            id=key.id,
            key_id=key.id,
            year=day.year,
            number=numbered + number,
            state=state,
            category=Category.OTHER,
            statement=b"",
            filed_at=day,
        )
        for number, (key, day) in enumerate(zip(keys, filed, strict=True))
    ]
    clocks = [
        Deadline(
            id=new_id(),
            about=case.id,
            promise=Promise.RESOLVE,
            round=1,
            started_at=case.filed_at,
            promised_on=due[case.filed_at].date,
            due_on=due[case.filed_at].date,
            provisional=False,
            calendar=SHOP.calendar.version,
            met_at=NOW if state is CaseState.CLOSED else None,
        )
        for case in cases
    ]
    told = [
        ClockWarning(
            id=new_id(),
            about=clock.about,
            deadline_id=clock.id,
            due_on=clock.due_on,
            rung=5,
            level=Level.HANDLER,
            told_at=clock.started_at,
            called_at=clock.started_at,
        )
        for clock in clocks
        if clock.met_at
    ]
    await SubjectKey.bulk_create(keys, batch_size=1000)
    await Case.bulk_create(cases, batch_size=1000)
    await Deadline.bulk_create(clocks, batch_size=1000)
    await ClockWarning.bulk_create(told, batch_size=1000)
