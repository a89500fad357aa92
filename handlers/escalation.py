"""What staff are told of clocks that run out. A warning says which case or request, never whose or what is
in it: it may stand in a chat group.
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
from models.deadline import days_left
from models.keys import SYSTEM, SubjectKey, new_id
from models.owed import Owed, count_open, owed
from models.promises import Promise
from models.staff import StaffMember
from models.warning import (
    ClockWarning,
    MorningDigest,
    OpenClock,
    due_clocks,
    open_due,
    soonest_clocks,
    standings,
)

MOST_CARDS = 10
"""More cases and requests than these at once are told in one message."""

MOST_LINES = 10
"""Those that such a message names; of the others it says how many they are."""

BATCH = 200
"""Warnings per transaction."""

SOON = 3
"""Working days left that an overview counts together."""


async def warn(shop: Shop, tell: Tell, now: datetime, wall: datetime) -> int:
    """Warn staff of the clocks that have reached a rung of which nobody was told, once each, and call the
    next level where a warning was left lying."""
    if not office_open(shop, now) and not within(LAST_DAY, now):
        return 0
    found: list[Call[OpenClock]] = []
    for day in sorted({call.clock.due_on for call in calls(await standings(), shop, now)}):
        found += calls(await due_clocks(day), shop, now)
        if len(found) >= BATCH:
            break
    due = await _record(found[:BATCH], now)
    calls_of: dict[UUID, list[Call[OpenClock]]] = defaultdict(list)
    for call in due:
        calls_of[call.clock.about].append(call)
    if len(calls_of) > MOST_CARDS:
        first = [calls_of[about][0].clock for about in list(calls_of)[:MOST_LINES]]
        lines = await _lines(first, len(calls_of) - MOST_LINES, shop, local_date(now))
        await tell(ToStaff(Say("escalation.digest", count=len(calls_of), lines=lines)), now, wall)
    else:
        told, names = await _owed(list(calls_of))
        for one in told:
            await tell(ToStaff(_card(one, calls_of[one.id], names, shop, local_date(now))), now, wall)
    return len(due)


async def overview(shop: Shop, tell: Tell, now: datetime, wall: datetime) -> int:
    """Tell staff, once on each working day when the office has opened, what is open."""
    today = local_date(now)
    if not office_open(shop, now) or not await MorningDigest.begin(today, now):
        return 0
    open_ = await count_open()
    if not open_:
        return 0
    counts: Counter[str] = Counter()
    for due_on, count in (await open_due()).items():
        counts[_when(days_left(shop.calendar, today, due_on))] += count
    soonest: dict[UUID, OpenClock] = {}
    for clock in await soonest_clocks(MOST_LINES * len(Promise)):
        soonest.setdefault(clock.about, clock)
    when = {name: counts[name] for name in ("overdue", "today", "soon", "later")}
    rest = open_ - min(len(soonest), MOST_LINES)
    lines = await _lines(list(soonest.values())[:MOST_LINES], rest, shop, today)
    await tell(ToStaff(Say("escalation.overview", count=open_, lines=lines, **when)), now, wall)
    return 1


def _when(left: int) -> str:
    """Among which of an overview's counts something is."""
    if left < 0:
        return "overdue"
    return "today" if left == 0 else "soon" if left <= SOON else "later"


async def _record(due: Sequence[Call[OpenClock]], now: datetime) -> list[Call[OpenClock]]:
    """Write the warnings, and of two workers that do so at once let each go on with its own."""
    fresh = [_row(call, rung, now) for call in due if not call.early for rung in (*call.missed, call.rung)]
    written = await ClockWarning.record(fresh)
    told = {(row.deadline_id, row.rung) for row in fresh if row.id in written}
    called: set[UUID] = set()
    for level in LADDER[1:]:
        lying = [call.clock.warning for call in due if call.early and call.level is level]
        called |= await ClockWarning.call([one for one in lying if one], level, now)
    return [
        call
        for call in due
        if (call.clock.warning in called if call.early else (call.clock.deadline, call.rung) in told)
    ]


def _row(call: Call[OpenClock], rung: int, now: datetime) -> ClockWarning:
    return ClockWarning(
        id=new_id(),
        about=call.clock.about,
        deadline_id=call.clock.deadline,
        due_on=call.clock.due_on,
        rung=rung,
        level=level_of(call.clock.promise, rung),
        told_at=now,
        called_at=now,
        skipped=rung != call.rung,
    )


async def _owed(ids: Sequence[UUID]) -> tuple[list[Owed], dict[UUID, str]]:
    """Cases and requests in this order, and the initials of those who have them and are still on the
    roster."""
    found = await owed(ids)
    handlers = {handler for one in found if (handler := _handler(one))}
    members = await StaffMember.filter(id__in=handlers, disabled_at=None) if handlers else []
    key = await SubjectKey.of(SYSTEM)
    return found, {member.id: initials(member.opened_name(key)) for member in members}


async def _lines(clocks: Sequence[OpenClock], more: int, shop: Shop, today: date) -> tuple[Say, ...]:
    """Cases and requests by their clocks, a line each, and how many more there are."""
    found, names = await _owed([clock.about for clock in clocks])
    clock_of = {clock.about: clock for clock in clocks}
    lines = [
        Say(
            "escalation.line",
            code=one.code,
            clock=_clock(clock_of[one.id], shop, today),
            who=_who(one, names),
        )
        for one in found
    ]
    return (*lines, Say("escalation.more", count=more)) if more > 0 else tuple(lines)


def _card(
    one: Owed, due: Sequence[Call[OpenClock]], names: Mapping[UUID, str], shop: Shop, today: date
) -> Say:
    level = max((call.level for call in due), key=LADDER.index)
    everybody = level is LADDER[0] and _handler(one) not in names
    return Say(
        "escalation.card",
        code=one.code,
        category=_subject(one),
        clocks=tuple(_clock(call.clock, shop, today) for call in due),
        age=shop.calendar.working_days_between(local_date(one.filed_at), today),
        who=_who(one, names),
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


def _subject(one: Owed) -> Say:
    """What it is about."""
    if isinstance(one, Case):
        return Say(f"complaint.category.choice.{one.category}")
    return Say(f"request.kind.{one.kind}")


def _handler(one: Owed) -> UUID | None:
    """Who has it: a request is everybody's."""
    return one.handler if isinstance(one, Case) else None


def _who(one: Owed, names: Mapping[UUID, str]) -> str | Say:
    handler = _handler(one)
    return names[handler] if handler and handler in names else Say("escalation.nobody")


def initials(name: str) -> str:
    """The first letters of a name: Nguyễn Thị Mai, NTM."""
    return "".join(word[0] for word in name.split()).upper()
