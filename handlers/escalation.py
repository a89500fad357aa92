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
from handlers.staff.card import QUEUE_PAGE, card, due_when, handler_of, line, names_of, offers, page_of
from models.database import in_batches
from models.deadline import days_left
from models.owed import Owed, count_open, owed
from models.promises import Promise
from models.warning import (
    ClockWarning,
    MorningDigest,
    OpenClock,
    Rung,
    clocks_of,
    due_clocks,
    open_due,
    soonest_clocks,
    standings,
)

MOST_CARDS = 10
"""More cases and requests than these at once are told in one message."""

MOST_LINES = 10
"""Those that such a message names; of the others it says how many they are."""

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
    calls_of: dict[UUID, list[Call[OpenClock]]] = defaultdict(list)
    for call in due:
        calls_of[call.clock.about].append(call)
    if len(calls_of) > MOST_CARDS:
        first = [calls_of[about][0].clock for about in list(calls_of)[:MOST_LINES]]
        lines = await _lines(first, len(calls_of) - MOST_LINES, shop, local_date(now))
        digest = Say("escalation.digest", count=len(calls_of), lines=lines)
        await tell(ToStaff(digest, page=QUEUE_PAGE), now, wall)
    else:
        told = await owed(list(calls_of))
        names = await names_of(told)
        for one in told:
            await tell(_warning(one, calls_of[one.id], names, shop, now), now, wall)
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
    words = Say("escalation.overview", count=open_, lines=lines, **when)
    await tell(ToStaff(words, page=QUEUE_PAGE), now, wall)
    return 1


def _when(left: int) -> str:
    """Among which of an overview's counts something is."""
    if left < 0:
        return "overdue"
    return "today" if left == 0 else "soon" if left <= SOON else "later"


async def _record(due: Sequence[Call[OpenClock]], now: datetime) -> list[Call[OpenClock]]:
    """Write the warnings, and of two workers that do so at once let each go on with its own."""
    rungs = [_rung(call, rung) for call in due if not call.early for rung in (*call.missed, call.rung)]
    told = await ClockWarning.record(rungs, now)
    called: set[UUID] = set()
    for level in LADDER[1:]:
        lying = [call.clock.warning for call in due if call.early and call.level is level]
        called |= await ClockWarning.call([one for one in lying if one], level, now)
    return [
        call
        for call in due
        if (call.clock.warning in called if call.early else (call.clock.deadline, call.rung) in told)
    ]


def _rung(call: Call[OpenClock], rung: int) -> Rung:
    clock = call.clock
    level = level_of(clock.promise, rung)
    return Rung(clock.about, clock.deadline, clock.due_on, rung, level, skipped=rung != call.rung)


async def _lines(clocks: Sequence[OpenClock], more: int, shop: Shop, today: date) -> tuple[Say, ...]:
    """Cases and requests by their clocks, a line each, and how many more there are."""
    found = await owed([clock.about for clock in clocks])
    names = await names_of(found)
    clock_of = {clock.about: clock for clock in clocks}
    lines = [line(one, clock_of[one.id], names, shop, today) for one in found]
    return (*lines, Say("escalation.more", count=more)) if more > 0 else tuple(lines)


def _warning(
    one: Owed, due: Sequence[Call[OpenClock]], names: Mapping[UUID, str], shop: Shop, now: datetime
) -> ToStaff:
    level = max((call.level for call in due), key=LADDER.index)
    everybody = level is LADDER[0] and handler_of(one) not in names
    today = local_date(now)
    clocks = [due_when(call.clock, shop, today) for call in due]
    call = Say(f"escalation.call.{'everybody' if everybody else level}")
    words = card(one, clocks, names, shop, today, call)
    return ToStaff(words, page=page_of(one), offers=offers(one, now))
