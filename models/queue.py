"""The queue: the open cases and requests by what is due, and the figures of a month."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from statistics import median
from uuid import UUID

from chatbot.clock import ZONE, local_date
from models.case import Case
from models.case_states import OPEN, CaseState
from models.data_request import RequestState
from models.database import as_date, as_instant, as_uuid, fetch
from models.deadline import Deadline
from models.owed import Owed, count_open, owed
from models.promises import Promise


@dataclass(frozen=True, slots=True)
class Waiting:
    """An open case or request and the clock of it that runs out first."""

    what: Owed
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
FROM deadline JOIN "case" ON "case".id = deadline.about
WHERE deadline.promise = '{Promise.RESOLVE}' AND deadline.met_at >= ? AND deadline.met_at < ?
  AND "case".state != '{CaseState.WITHDRAWN}'
"""


SOONEST = f"""
SELECT soonest.about FROM (
    SELECT about, MIN(due_on) AS due_on FROM deadline WHERE met_at IS NULL GROUP BY about
) AS soonest
LEFT JOIN "case" ON "case".id = soonest.about
LEFT JOIN data_request ON data_request.id = soonest.about AND data_request.state = '{RequestState.OPEN}'
WHERE {{}}
ORDER BY soonest.due_on, COALESCE("case".priority, FALSE) DESC,
    COALESCE("case".filed_at, data_request.filed_at), soonest.about
LIMIT ?
"""


async def queue(*, of: UUID | None = None, limit: int) -> tuple[list[Waiting], int]:
    """The open cases and requests, or the cases of one member, what is due first at the front (of the same
    day what has priority, then the oldest), at most ``limit``; and how many there are."""
    total = await (Case.filter(state__in=list(OPEN), handler=of).count() if of else count_open())
    of_whom: tuple[object, ...] = (str(of),) if of else ()
    rows = await fetch(SOONEST.format('"case".handler = ?' if of else "TRUE"), *of_whom, limit)
    ids = [as_uuid(row["about"]) for row in rows]
    clocks: dict[UUID, Deadline] = {}
    if ids:
        for clock in await Deadline.filter(about__in=ids, met_at=None).order_by("due_on"):
            clocks.setdefault(clock.about, clock)
    return [Waiting(one, clocks[one.id]) for one in await owed(ids) if one.id in clocks], total


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
