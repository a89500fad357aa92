"""An import: a table of customers into the database, batch by batch, beside a desk that goes on answering."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from itertools import islice
from pathlib import Path

from chatbot.records import Reader, Reason, Record, Refused
from chatbot.tables import Row, open_table
from models.customer import Profile
from models.database import run_tx
from models.intake import Became, Columns, Incoming, Outcome, Overtaken, Plan

MOST_TRIES = 5


@dataclass(frozen=True, slots=True)
class RowReport:
    """What became of one row. ``result`` is taken, updated, unchanged or refused, ``reason`` why it
    was refused; the contacts are normalised. ``kept_by_customer`` are the fields that the customer decided
    on and that the row could not change."""

    index: int
    line: int
    result: Outcome
    reason: Reason | None
    phone: str | None = field(repr=False)
    email: str | None = field(repr=False)
    birthday: date | None = field(repr=False)
    kept_by_customer: tuple[str, ...] = ()


@dataclass(slots=True)
class Summary:
    """How many rows there were, by result and, of the refused ones, by reason; and the longest time
    in seconds for which a batch held the write lock."""

    rows: int = 0
    results: Counter[str] = field(default_factory=Counter)
    reasons: Counter[Reason] = field(default_factory=Counter)
    longest_hold: float = 0.0

    def count(self, row: RowReport) -> None:
        """Add a row."""
        self.rows += 1
        self.results[row.result] += 1
        if row.reason:
            self.reasons[row.reason] += 1


async def import_file(
    path: Path,
    *,
    now: datetime,
    dry_run: bool = False,
    returned: bool = False,
    on_row: Callable[[RowReport], None] = lambda row: None,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> Summary:
    """Take the customers of a file; with ``dry_run`` only say what would become of each. ``returned``: those
    who were erased at their own wish and have been in contact since are customers again.

    ``on_row`` hears of every row in order, once its batch is stored; ``on_progress`` of rows done and
    rows in all. The whole file is read once before anything is written, so that TableError, which
    is raised where it is broken, leaves nothing behind. Raises SealBroken, and what the database raises.
    """
    table = open_table(path)
    total = sum(1 for _ in table.rows())
    columns = Columns(frozenset(table.header.known), frozenset(table.header.extra))
    reader = Reader(table.header, now)
    numbers = _Numbers()
    summary = Summary()
    pace = _Pace()
    rows = table.rows()
    while batch := list(islice(rows, pace.size)):
        read = [(row, reader.read(row)) for row in batch]
        incoming = [_incoming(result, numbers) for _, result in read if isinstance(result, Record)]
        plan = partial(Plan.make, incoming, columns, now, returned=returned)
        outcomes = await _take(plan, None if dry_run else pace)
        for report in _reports(read, iter(outcomes)):
            summary.count(report)
            on_row(report)
        on_progress(summary.rows, total)
    summary.longest_hold = pace.longest
    return summary


async def _take(make: Callable[[], Awaitable[Plan]], pace: _Pace | None) -> list[Became]:
    """Plan and, with a pace, write; again where somebody else was faster. Raises Overtaken."""
    for _ in range(MOST_TRIES):
        plan = await make()
        if pace is None or plan.is_empty:
            return plan.outcomes
        with suppress(Overtaken):
            await pace.write(plan)
            return plan.outcomes
    raise Overtaken


class _Pace:
    """How many rows go into one batch, so that its transaction stays short; and how long each was."""

    _PAUSE = 0.01
    """Seconds after a batch, in which others get the write lock: SQLite does not queue for it."""
    _AIM = 0.015
    """Seconds for which a batch should hold the lock: well below the 0.1 that it may."""
    _SIZES = (10, 150)
    """The fewest and the most rows."""

    def __init__(self) -> None:
        self.size = 25
        self.longest = 0.0

    async def write(self, plan: Plan) -> None:
        """Write in a transaction of its own, and measure it, the commit included. Raises Overtaken."""
        begun = 0.0

        async def work() -> None:
            nonlocal begun
            begun = time.monotonic()
            await plan.write()

        await run_tx(work)
        held = time.monotonic() - begun
        self.longest = max(self.longest, held)
        fitting = self.size * min(max(self._AIM / max(held, 0.001), 0.5), 1.5)
        self.size = int(min(max(fitting, self._SIZES[0]), self._SIZES[1]))
        await asyncio.sleep(self._PAUSE)


class _Numbers:
    """Ids are not compared within a file: the second record of one id is another record, also when
    the same file is imported again."""

    def __init__(self) -> None:
        self._times: Counter[int] = Counter()

    def of(self, external_id: str) -> str:
        """The id for its first record, and with how many came before for a later one."""
        before = self._times[hash(external_id)]
        self._times[hash(external_id)] += 1
        return f"{external_id}\0{before}" if before else external_id


def _incoming(record: Record, numbers: _Numbers) -> Incoming:
    profile = Profile(
        full_name=record.full_name,
        phone=record.phone,
        email=record.email,
        address=record.address,
        birthday=record.birthday,
        note=record.note,
        external_id=record.external_id,
        extra=record.extra,
    )
    number = numbers.of(record.external_id) if record.external_id else None
    return Incoming(profile, number, record.marketing_consent, record.last_contact_at)


def _reports(read: list[tuple[Row, Record | Refused]], outcomes: Iterator[Became]) -> Iterator[RowReport]:
    for row, found in read:
        became = Became(Outcome.REFUSED) if isinstance(found, Refused) else next(outcomes)
        reason = found.reason if isinstance(found, Refused) else Reason.ERASED
        yield RowReport(
            row.index,
            row.line,
            became.outcome,
            reason if became.outcome is Outcome.REFUSED else None,
            found.phone,
            found.email,
            found.birthday,
            became.kept,
        )
