"""What staff are told of clocks that run out. A warning says which case or request, never whose or what is
in it: it may stand in a chat group.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

from chatbot.clock import local_date
from chatbot.conversation import Say, Tell, ToStaff
from chatbot.shop import Shop
from handlers.rungs import LADDER, LAST_DAY, Call, calls, level_of, office_open, within
from handlers.staff.card import QUEUE_PAGE, card, due_when, handler_of, line, names_of, offers, page_of
from models.database import in_batches, run_tx
from models.deadline import days_left
from models.owed import Owed, count_open, owed
from models.promises import Promise
from models.telling import Telling
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
    next level where a warning was left lying. Written down in batches, told at once: what was written by a
    desk that then stopped, too. How many cases staff were told of."""
    closed = not office_open(shop, now)
    if closed and not within(LAST_DAY, now):
        return 0
    found: list[UUID] = []
    for day in sorted({call.clock.due_on for call in calls(await standings(), shop, now)}):
        found += [call.clock.deadline for call in calls(await due_clocks(day), shop, now)]
    await in_batches(found, BATCH, lambda batch: _record(batch, shop, now))
    if not await Telling.waits(urgent=closed):
        return 0
    return await run_tx(lambda: _tell(shop, tell, now, wall, urgent=closed))


async def _tell(shop: Shop, tell: Tell, now: datetime, wall: datetime, *, urgent: bool) -> int:
    """Tell what was written: a card for each case or request, or where they are many one digest."""
    told = await Telling.end(now, MOST_CARDS * len(Promise), urgent=urgent)
    owing = list(dict.fromkeys(about for about, _ in told.first))
    if told.owed > MOST_CARDS:
        first = dict(reversed(told.first))  # of each the clock that is due first
        clocks = await clocks_of([first[about] for about in owing[:MOST_LINES]])
        lines = await _lines(clocks, told.owed - MOST_LINES, shop, local_date(now))
        digest = Say("escalation.digest", count=told.owed, lines=lines)
        await tell(ToStaff(digest, page=QUEUE_PAGE), now, wall)
    elif owing:
        clocks = await clocks_of([clock for _, clock in told.first])
        found = await owed(owing)
        names = await names_of(found)
        for one in found:
            its = [clock for clock in clocks if clock.about == one.id]
            await tell(_warning(one, its, names, shop, now), now, wall)
    return told.owed


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


async def _record(found: Sequence[UUID], shop: Shop, now: datetime) -> int:
    """Write the warnings of those of some clocks that still run and are not written yet; how many."""
    due = list(calls(await clocks_of(found), shop, now))
    if not due:
        return 0
    telling = await Telling.begin(urgent=not office_open(shop, now))
    rungs = [_rung(call, rung) for call in due if not call.early for rung in (*call.missed, call.rung)]
    await ClockWarning.record(rungs, telling, now)
    for level in LADDER[1:]:
        lying = [call.clock.warning for call in due if call.early and call.level is level]
        await ClockWarning.call([one for one in lying if one], level, telling, now)
    return len(due)


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
    one: Owed, clocks: Sequence[OpenClock], names: Mapping[UUID, str], shop: Shop, now: datetime
) -> ToStaff:
    level = max((clock.level for clock in clocks if clock.level), key=LADDER.index)
    everybody = level is LADDER[0] and handler_of(one) not in names
    today = local_date(now)
    call = Say(f"escalation.call.{'everybody' if everybody else level}")
    words = card(one, [due_when(clock, shop, today) for clock in clocks], names, shop, today, call)
    return ToStaff(words, page=page_of(one), offers=offers(one, now))
