"""The queue: the open cases by what is due, and the figures of a month."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from uuid import UUID

from chatbot.clock import local_date
from models.case import Case
from models.case_states import OPEN, CaseState
from models.database import as_date, as_instant, fetch
from models.promises import Promise
from models.warning import OpenClock, open_clocks


@dataclass(frozen=True, slots=True)
class Waiting:
    """An open case and the clock of it that runs out first."""

    case: Case
    clock: OpenClock


@dataclass(frozen=True, slots=True)
class Figures:
    """``received`` counts the complaints that came, the others those that were answered. ``median_days``
    are calendar days from filing to answer."""

    received: int
    on_time: int
    late: int
    median_days: float | None


ANSWERED = f"""
SELECT "case".filed_at, deadline.promised_on, deadline.met_at
FROM deadline JOIN "case" ON "case".id = deadline.case_id
WHERE deadline.promise = '{Promise.RESOLVE}' AND deadline.met_at >= ? AND deadline.met_at < ?
  AND "case".state != '{CaseState.WITHDRAWN}'
"""


async def queue(*, of: UUID | None = None, limit: int) -> tuple[list[Waiting], int]:
    """The open cases, of everybody or of one member, what is due first at the front (of the same day what
    has priority, then the oldest), at most ``limit``; and how many there are."""
    first: dict[UUID, OpenClock] = {}
    for clock in await open_clocks():
        first.setdefault(clock.case, clock)
    if of:
        mine = set(await Case.filter(handler=of, state__in=list(OPEN)).values_list("id", flat=True))
        first = {case: clock for case, clock in first.items() if case in mine}
    total = len(first)
    # Whole days are shown, or the cut would part what is due on one day at random.
    days = [clock.due_on for clock in first.values()]
    last = days[limit - 1] if total > limit else None
    ids = [case for case, clock in first.items() if last is None or clock.due_on <= last]
    cases = await _cases(ids)
    found = [Waiting(cases[identity], first[identity]) for identity in ids if identity in cases]
    found.sort(key=lambda one: (one.clock.due_on, not one.case.priority, one.case.filed_at, one.case.number))
    return found[:limit], total


async def _cases(ids: Sequence[UUID]) -> dict[UUID, Case]:
    return {case.id: case for case in await Case.filter(id__in=ids, state__in=list(OPEN))} if ids else {}


async def figures(since: datetime, until: datetime) -> Figures:
    """What was received and what was answered from one instant until before another."""
    received = await Case.filter(filed_at__gte=since, filed_at__lt=until).count()
    rows = await fetch(ANSWERED, since, until)
    met = [(as_instant(row["filed_at"]), as_date(row["promised_on"]), as_instant(row["met_at"])) for row in rows]
    on_time = sum(local_date(at) <= promised for _, promised, at in met)
    days = [(local_date(at) - local_date(filed)).days for filed, _, at in met]
    return Figures(received, on_time, len(met) - on_time, median(days) if days else None)
