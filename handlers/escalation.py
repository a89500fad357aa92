"""What staff are told of clocks that run out. A warning says which case, never whose or what is in it:
it may stand in a chat group.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

from chatbot.clock import local_date
from chatbot.conversation import Say, Tell, ToStaff
from chatbot.shop import Shop
from handlers.rungs import LADDER, LAST_DAY, Call, calls, level_of, office_open, within
from models.case import Case
from models.case_states import OPEN
from models.database import in_batches
from models.deadline import days_left
from models.keys import SYSTEM, SubjectKey
from models.promises import Promise
from models.staff import StaffMember
from models.warning import (
    CaseWarning,
    MorningDigest,
    OpenClock,
    Rung,
    cases_due,
    clocks_of,
    due_clocks,
    soonest_clocks,
    standings,
)

MOST_CARDS = 10
"""More cases than these at once are told in one message."""

MOST_LINES = 10
"""The cases that such a message names; of the others it says how many they are."""

BATCH = 50
"""Clocks per transaction: after a standstill each has five rungs to be written."""

SOON = 3
"""Working days left that an overview counts together."""


async def warn(shop: Shop, tell: Tell, now: datetime, wall: datetime) -> int:
    """Warn staff of the clocks that have reached a rung of which nobody was told, once each, and call the
    next level where a warning was left lying."""
    if not office_open(shop, now) and not within(LAST_DAY, now):
        return 0
    found: list[UUID] = []
    for day in sorted({call.clock.due_on for call in calls(await standings(), shop, now)}):
        found += [call.clock.deadline for call in calls(await due_clocks(day), shop, now)]
    return await in_batches(found, BATCH, lambda batch: _warn(batch, shop, tell, now, wall))


async def _warn(found: Sequence[UUID], shop: Shop, tell: Tell, now: datetime, wall: datetime) -> int:
    """Warn of those of some clocks that still run and of which nobody was told meanwhile; how many."""
    due = await _record(list(calls(await clocks_of(found), shop, now)), now)
    by_case: dict[UUID, list[Call[OpenClock]]] = defaultdict(list)
    for call in due:
        by_case[call.clock.case].append(call)
    if len(by_case) > MOST_CARDS:
        first = [by_case[case][0].clock for case in list(by_case)[:MOST_LINES]]
        lines = await _lines(first, len(by_case) - MOST_LINES, shop, local_date(now))
        await tell(ToStaff(Say("escalation.digest", count=len(by_case), lines=lines)), now, wall)
    else:
        cases, names = await _cases(list(by_case))
        for case in cases:
            await tell(ToStaff(_card(case, by_case[case.id], names, shop, local_date(now))), now, wall)
    return len(due)


async def overview(shop: Shop, tell: Tell, now: datetime, wall: datetime) -> int:
    """Tell staff, once on each working day when the office has opened, which cases are open."""
    today = local_date(now)
    if not office_open(shop, now) or not await MorningDigest.begin(today, now):
        return 0
    open_ = await Case.filter(state__in=list(OPEN)).count()
    if not open_:
        return 0
    counts: Counter[str] = Counter()
    for due_on, cases in (await cases_due()).items():
        counts[_when(days_left(shop.calendar, today, due_on))] += cases
    soonest: dict[UUID, OpenClock] = {}
    for clock in await soonest_clocks(MOST_LINES * len(Promise)):
        soonest.setdefault(clock.case, clock)
    when = {name: counts[name] for name in ("overdue", "today", "soon", "later")}
    rest = open_ - min(len(soonest), MOST_LINES)
    lines = await _lines(list(soonest.values())[:MOST_LINES], rest, shop, today)
    await tell(ToStaff(Say("escalation.overview", count=open_, lines=lines, **when)), now, wall)
    return 1


def _when(left: int) -> str:
    """Among which of an overview's counts a case is."""
    if left < 0:
        return "overdue"
    return "today" if left == 0 else "soon" if left <= SOON else "later"


async def _record(due: Sequence[Call[OpenClock]], now: datetime) -> list[Call[OpenClock]]:
    """Write the warnings, and of two workers that do so at once let each go on with its own."""
    rungs = [_rung(call, rung) for call in due if not call.early for rung in (*call.missed, call.rung)]
    told = await CaseWarning.record(rungs, now)
    called: set[UUID] = set()
    for level in LADDER[1:]:
        lying = [call.clock.warning for call in due if call.early and call.level is level]
        called |= await CaseWarning.call([one for one in lying if one], level, now)
    return [
        call
        for call in due
        if (call.clock.warning in called if call.early else (call.clock.deadline, call.rung) in told)
    ]


def _rung(call: Call[OpenClock], rung: int) -> Rung:
    clock = call.clock
    level = level_of(clock.promise, rung)
    return Rung(clock.case, clock.deadline, clock.due_on, rung, level, skipped=rung != call.rung)


async def _cases(ids: Sequence[UUID]) -> tuple[list[Case], dict[UUID, str]]:
    """Cases in this order, and the initials of those who have them and are still on the roster."""
    found = {case.id: case for case in await Case.filter(id__in=ids)} if ids else {}
    cases = [found[identity] for identity in ids if identity in found]
    handlers = {case.handler for case in cases if case.handler}
    members = await StaffMember.filter(id__in=handlers, disabled_at=None) if handlers else []
    key = await SubjectKey.of(SYSTEM)
    return cases, {member.id: initials(member.opened_name(key)) for member in members}


async def _lines(clocks: Sequence[OpenClock], more: int, shop: Shop, today: date) -> tuple[Say, ...]:
    """Cases by their clocks, a line each, and how many more there are."""
    cases, names = await _cases([clock.case for clock in clocks])
    clock_of = {clock.case: clock for clock in clocks}
    lines = [
        Say(
            "escalation.line",
            code=case.code,
            clock=_clock(clock_of[case.id], shop, today),
            who=_who(case, names),
        )
        for case in cases
    ]
    return (*lines, Say("escalation.more", count=more)) if more > 0 else tuple(lines)


def _card(
    case: Case, due: Sequence[Call[OpenClock]], names: Mapping[UUID, str], shop: Shop, today: date
) -> Say:
    level = max((call.level for call in due), key=LADDER.index)
    everybody = level is LADDER[0] and case.handler not in names
    return Say(
        "escalation.card",
        code=case.code,
        category=Say(f"complaint.category.choice.{case.category}"),
        clocks=tuple(_clock(call.clock, shop, today) for call in due),
        age=shop.calendar.working_days_between(local_date(case.filed_at), today),
        who=_who(case, names),
        call=Say(f"escalation.call.{'everybody' if everybody else level}"),
    )


def _clock(clock: OpenClock, shop: Shop, today: date) -> Say:
    """What is due when."""
    promise = Say(f"escalation.promise.{clock.promise}")
    left = days_left(shop.calendar, today, clock.due_on)
    if left > 0:
        return Say("escalation.left", promise=promise, left=left, due=clock.due_on)
    if left == 0:
        return Say("escalation.today", promise=promise)
    return Say("escalation.overdue", promise=promise, days=-left, due=clock.due_on)


def _who(case: Case, names: Mapping[UUID, str]) -> str | Say:
    return names[case.handler] if case.handler and case.handler in names else Say("escalation.nobody")


def initials(name: str) -> str:
    """The first letters of a name: Nguyễn Thị Mai, NTM."""
    return "".join(word[0] for word in name.split()).upper()
