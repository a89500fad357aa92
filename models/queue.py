"""The queue: the open cases by what is due, and the figures of a month."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from statistics import median
from uuid import UUID

from chatbot.clock import ZONE, local_date
from models.case import Case
from models.case_states import OPEN, CaseState
from models.database import as_date, as_instant, as_uuid, fetch
from models.deadline import Deadline
from models.promises import Promise


@dataclass(frozen=True, slots=True)
class Waiting:
    """An open case and the clock of it that runs out first."""

    case: Case
    clock: Deadline


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


SOONEST = """
SELECT "case".id FROM "case" JOIN (
    SELECT case_id, MIN(due_on) AS due_on FROM deadline WHERE met_at IS NULL GROUP BY case_id
) AS soonest ON soonest.case_id = "case".id
WHERE {}
ORDER BY soonest.due_on, "case".priority DESC, "case".filed_at, "case".number
LIMIT ?
"""


async def queue(*, of: UUID | None = None, limit: int) -> tuple[list[Waiting], int]:
    """The open cases, of everybody or of one member, what is due first at the front (of the same day what
    has priority, then the oldest), at most ``limit``; and how many there are."""
    open_ = Case.filter(state__in=list(OPEN))
    total = await (open_.filter(handler=of) if of else open_).count()
    of_whom: tuple[object, ...] = (str(of),) if of else ()
    rows = await fetch(SOONEST.format('"case".handler = ?' if of else "TRUE"), *of_whom, limit)
    ids = [as_uuid(row["id"]) for row in rows]
    if not ids:
        return [], total
    cases = {case.id: case for case in await open_.filter(id__in=ids)}
    clocks: dict[UUID, Deadline] = {}
    for clock in await Deadline.filter(case_id__in=ids, met_at=None).order_by("due_on"):
        clocks.setdefault(clock.case_id, clock)
    there = (identity for identity in ids if identity in cases and identity in clocks)
    return [Waiting(cases[identity], clocks[identity]) for identity in there], total


def month_of(now: datetime) -> tuple[datetime, datetime]:
    """The first instant of the month that it is in Viet Nam, and that of the next."""
    since = now.astimezone(ZONE).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return since, since.replace(year=since.year + since.month // 12, month=since.month % 12 + 1)


async def figures(since: datetime, until: datetime) -> Figures:
    """What was received and what was answered from one instant until before another."""
    received = await Case.filter(filed_at__gte=since, filed_at__lt=until).count()
    rows = await fetch(ANSWERED, since, until)
    on_time, days = 0, []
    for row in rows:
        answered = local_date(as_instant(row["met_at"]))
        on_time += answered <= as_date(row["promised_on"])
        days.append((answered - local_date(as_instant(row["filed_at"]))).days)
    return Figures(received, on_time, len(days) - on_time, median(days) if days else None)
