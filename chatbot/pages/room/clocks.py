"""The clocks of a case or request in words: how many days are left, until when, and why until then."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from uuid import UUID

from chatbot.clock import local_date
from chatbot.pages.room.base import Member
from chatbot.pages.room.warned import warned_words
from chatbot.pages.room.work import Work
from chatbot.values import WithWeekday
from chatbot.workdays import Reason
from models.colleagues import Colleague
from models.deadline import Deadline, days_left
from models.promises import TERMS
from models.roles import Act
from models.warning import ClockWarning

BREACH_NOTICES = {"attack": timedelta(hours=24), "authority": timedelta(hours=72)}
"""After a breach was discovered: where the information system was attacked, notice to the competent State
agency (Law 19/2023/QH15 Art. 19(3)); else to the personal-data authority (Law 91/2025/QH15 Art. 23(1))."""


def left_words(work: Work, language: str, due_on: date, now: datetime) -> str:
    """How many working days are left, or have gone by."""
    today = local_date(now)
    left = days_left(work.room.shop.calendar, today, due_on)
    # On a day off right after the last day no working day has gone by yet.
    some, none = ("late", "just_late") if today > due_on else ("days", "today")
    return work.say(language, f"desk.left.{some if left else none}", left=left, by=-left)


def urgency(work: Work, due_on: date, now: datetime) -> str:
    """``late``, ``soon`` (the last day and the one before) or ``calm``."""
    today = local_date(now)
    if today > due_on:
        return "late"
    return "soon" if days_left(work.room.shop.calendar, today, due_on) <= 1 else "calm"


async def clocks_part(
    work: Work,
    member: Member,
    about: UUID,
    roster: Mapping[UUID, Colleague],
    warned: Mapping[UUID, ClockWarning],
    now: datetime,
) -> str:
    """Every clock of a case or request, those that run first, with the warnings of them that are out."""
    clocks = await Deadline.filter(about=about).order_by("due_on", "round")
    running = [clock for clock in clocks if clock.met_at is None]
    stopped = [clock for clock in clocks if clock.met_at is not None]
    return "".join(
        _clock(work, member, clock, roster, warned.get(clock.id), now) for clock in [*running, *stopped]
    )


def _clock(
    work: Work,
    member: Member,
    clock: Deadline,
    roster: Mapping[UUID, Colleague],
    warning: ClockWarning | None,
    now: datetime,
) -> str:
    language = member.language
    if clock.met_at:
        kept = "kept" if local_date(clock.met_at) <= clock.promised_on else "missed"
        stands, kind = work.say(language, f"desk.clock.{kept}", at=clock.met_at), "stopped"
    else:
        stands, kind = left_words(work, language, clock.due_on, now), urgency(work, clock.due_on, now)
    return work.part(
        "clock",
        member,
        {
            "name": work.say(language, f"escalation.promise.{clock.promise}"),
            "stands": stands,
            "urgency": kind,
            "due": work.say(language, "desk.clock.due", due=WithWeekday(clock.due_on)),
            "why": _why(work, language, clock),
            "warned": "" if clock.met_at else warned_words(work, language, clock, warning, roster, now),
        },
    )


def _why(work: Work, language: str, clock: Deadline) -> str:
    """How the day was counted, by which rule, and what else is to be known of it."""
    terms = TERMS[clock.promise]
    start = local_date(clock.started_at)
    how = "why" if terms.working else "why_calendar"
    lines = [work.say(language, f"desk.clock.{how}", days=terms.days, start=start)]
    counted = work.room.shop.calendar.deadline(clock.started_at, terms.days)
    holidays = [f"{skip.day:%d/%m}" for skip in counted.skipped if skip.reason is not Reason.WEEKLY]
    if holidays and terms.working:
        lines.append(work.say(language, "case.holidays", holidays=", ".join(holidays)))
    if clock.promised_on != clock.due_on:
        lines.append(work.say(language, "desk.clock.promised", due=WithWeekday(clock.promised_on)))
    if clock.provisional:
        lines.append(work.say(language, "case.provisional"))
    return " ".join([*lines, work.say(language, "desk.clock.source", source=terms.source)])


def breach_clocks_part(work: Work, member: Member, discovered: datetime | None, now: datetime) -> str:
    """The clocks of a possible breach, for who follows them."""
    if discovered is None or not member.may(Act.SEE_BREACH):
        return ""
    language = member.language
    parts = []
    for name, span in BREACH_NOTICES.items():
        until = discovered + span
        left = timedelta(minutes=(until - now) // timedelta(minutes=1))
        stands = work.say(language, "desk.breach.left" if until > now else "desk.breach.over", left=left)
        parts.append(
            work.part(
                "clock",
                member,
                {
                    "name": work.say(language, f"desk.breach.{name}"),
                    "stands": stands,
                    "urgency": "soon" if until > now else "late",
                    "due": work.say(language, "desk.breach.due", due=until),
                    "why": work.say(language, "desk.breach.why", at=discovered),
                    "warned": "",
                },
            )
        )
    return "".join(parts)
