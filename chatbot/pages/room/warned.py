"""Which warning of a clock is out, who has taken it, and when the next one comes, in words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from uuid import UUID

from chatbot.clock import local_date
from chatbot.pages.room.work import Work
from chatbot.values import WithWeekday
from chatbot.workdays import Calendar
from models.colleagues import Colleague
from models.deadline import Deadline, days_left
from models.promises import TERMS, Promise
from models.warning import ClockWarning, Level


def warned_words(
    work: Work,
    language: str,
    clock: Deadline,
    warning: ClockWarning | None,
    roster: Mapping[UUID, Colleague],
    now: datetime,
) -> str:
    """Of a clock that runs."""

    def say(key: str, **params: object) -> str:
        return work.say(language, f"desk.warned.{key}", **params)

    calendar = work.room.shop.calendar
    told = warning.rung if warning else None
    day = next_day(calendar, clock.promise, clock.due_on, told, local_date(now))
    coming = say("next", day=WithWeekday(day))
    if warning is None:
        return coming
    called = say("called", who=say(f"level.{warning.level}"), at=warning.called_at)
    if warning.taken_at:
        member = roster.get(warning.taken_by) if warning.taken_by else None
        return " ".join(
            [called, say("taken", who=member.name if member else "–", at=warning.taken_at), coming]
        )
    lying = "untaken" if warning.level is Level.DIRECTOR else "untaken_early"
    return " ".join([called, say(lying), coming])


def next_day(calendar: Calendar, promise: Promise, due_on: date, told: int | None, today: date) -> date:
    """The day of the next warning of a clock of which a rung was told, or none yet: that of its next rung;
    after the last day each working day. Raises OutsideCalendar."""
    lower = (rung for rung in TERMS[promise].rungs if told is None or rung < told)
    rung = next(lower, None)
    left = rung if rung is not None else (told or 0) - 1
    day = today
    while days_left(calendar, day, due_on) > left or not (calendar.is_working(day) or day == due_on):
        day += timedelta(days=1)
    return day
