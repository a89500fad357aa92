"""When staff are warned of a clock, and whom a warning calls. No table is read or written here.

Of 10 days: with 5 left who has the case is called, with 3 the lead, with 1 and 0 and then daily the director.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Generic, TypeVar

from chatbot.clock import ZONE, local_date
from chatbot.shop import Shop
from chatbot.values import Hours
from models.deadline import days_left
from models.promises import TERMS, Promise
from models.warning import Level, Standing

LADDER = (Level.HANDLER, Level.LEAD, Level.DIRECTOR)
"""Whom the rungs of a clock call, in their order; all further ones call the last."""

LAST_DAY = Hours(time(7), time(22))
"""When staff are warned on the last day of a clock; otherwise it is done while the office is open."""

DAYTIME = Hours(time(8), time(20))
"""When customers are written to without having asked."""

PATIENCE = timedelta(hours=4)
"""Working time in which somebody must have taken a warning before the next level is called."""


S = TypeVar("S", bound=Standing)


@dataclass(frozen=True)
class Call(Generic[S]):
    """Somebody is to be called: for a rung that is reached, or, with ``early``, because nobody took a
    warning. ``missed`` are the rungs that passed untold."""

    clock: S
    left: int
    rung: int
    level: Level
    missed: tuple[int, ...] = ()
    early: bool = False


def reached(promise: Promise, left: int) -> int | None:
    """The rung that a clock has reached with so many working days left: one of its terms, or after its
    last day the (negative) number of days left, so that there is one on each."""
    if left < 0:
        return left
    return min((rung for rung in TERMS[promise].rungs if rung >= left), default=None)


def level_of(promise: Promise, rung: int) -> Level:
    """Whom a rung calls."""
    rungs = TERMS[promise].rungs
    place = rungs.index(rung) if rung in rungs else len(rungs)
    return LADDER[min(place, len(LADDER) - 1)]


def missed(promise: Promise, rung: int, told: int | None) -> tuple[int, ...]:
    """The rungs between the one told last and the one that is told now."""
    return tuple(one for one in TERMS[promise].rungs if one > rung and (told is None or one < told))


def within(hours: Hours, now: datetime) -> bool:
    """Whether it is now within these hours of the day."""
    return hours.opens <= now.astimezone(ZONE).time() < hours.closes


def office_open(shop: Shop, now: datetime) -> bool:
    """Whether somebody works now. Raises OutsideCalendar."""
    hours = _office_hours(shop, local_date(now))
    return hours is not None and within(hours, now)


def working_time_ago(shop: Shop, now: datetime, span: timedelta) -> datetime:
    """The latest instant since which so much working time has passed. Raises OutsideCalendar."""
    day = local_date(now)
    while True:
        if hours := _office_hours(shop, day):
            opens, closes = (datetime.combine(day, at, ZONE) for at in (hours.opens, hours.closes))
            worked = min(closes, now) - opens
            if worked >= span:
                return min(closes, now) - span
            span -= max(worked, timedelta())
        day -= timedelta(1)


def calls(clocks: Sequence[S], shop: Shop, now: datetime) -> Iterator[Call[S]]:
    """Who is to be called now, for clocks that run, each with its latest warning. Raises OutsideCalendar."""
    today, open_ = local_date(now), office_open(shop, now)
    last_day = within(LAST_DAY, now)
    impatient = working_time_ago(shop, now, PATIENCE)
    left_until: dict[date, int] = {}
    for clock in clocks:
        if not (open_ or (last_day and clock.due_on == today)):
            continue
        if clock.due_on not in left_until:
            left_until[clock.due_on] = days_left(shop.calendar, today, clock.due_on)
        left = left_until[clock.due_on]
        rung = reached(clock.promise, left)
        if rung is not None and (clock.rung is None or rung < clock.rung):
            lost = missed(clock.promise, rung, clock.rung)
            yield Call(clock, left, rung, level_of(clock.promise, rung), lost)
        elif _is_left_lying(clock, impatient):
            assert clock.rung is not None
            assert clock.level is not None
            yield Call(clock, left, clock.rung, LADDER[LADDER.index(clock.level) + 1], early=True)


def _is_left_lying(clock: Standing, impatient: datetime) -> bool:
    """Whether nobody has taken the latest warning for too long, and there is a level above."""
    if clock.called_at is None or clock.taken or clock.level is LADDER[-1]:
        return False
    return clock.called_at <= impatient


def _office_hours(shop: Shop, day: date) -> Hours | None:
    return shop.office_hours.days.get(day.weekday()) if shop.calendar.is_working(day) else None
