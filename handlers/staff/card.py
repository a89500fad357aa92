"""A case or a request as staff are told of it: which, what is due when, who has it, and what can be done at
once.

Never whose it is or what is in it: this may stand in a chat group. Colleagues are known by their initials.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Protocol
from uuid import UUID

from chatbot.clock import local_date
from chatbot.conversation import Offer, Say
from chatbot.shop import Shop
from models.case import Case
from models.deadline import days_left
from models.keys import SYSTEM, SubjectKey
from models.owed import Owed
from models.promises import Promise
from models.staff import StaffMember

QUEUE_PAGE = "/staff"


class Clock(Protocol):
    """What was promised, and until which day."""

    @property
    def promise(self) -> Promise: ...
    @property
    def due_on(self) -> date: ...


def page_of(one: Owed) -> str:
    """The page of a case or request in the staff room."""
    return f"{QUEUE_PAGE}/{'case' if isinstance(one, Case) else 'request'}/{one.code}"


def taking(case: Case) -> tuple[Offer, ...]:
    """What can be done with a case that is new to everybody."""
    return (Offer(f"take:{case.code}", Say("group.button.take")),)


def offers(one: Owed, now: datetime) -> tuple[Offer, ...]:
    """What can be done at once; a request is everybody's, so that nobody takes it or hands it over. "Đã nắm"
    means what staff were told until now, and nothing after it."""
    seen = Offer(f"seen:{one.code}:{int(now.timestamp()) + 1}", Say("group.button.seen"))
    if not isinstance(one, Case):
        return (seen,)
    return (seen, *taking(one), Offer(f"give:{one.code}", Say("group.button.give")))


def card(
    one: Owed, lines: Sequence[Say], names: Mapping[UUID, str], shop: Shop, today: date, last: Say
) -> Say:
    """Number, what it is about, what is due when, age, who has it; ``last`` is what is to be done."""
    return Say(
        "escalation.card",
        code=one.code,
        category=_subject(one),
        clocks=tuple(lines),
        age=shop.calendar.working_days_between(local_date(one.filed_at), today),
        who=who(one, names),
        call=last,
    )


def line(one: Owed, clock: Clock, names: Mapping[UUID, str], shop: Shop, today: date) -> Say:
    """A case or request in one line."""
    due = due_when(clock, shop, today)
    return Say("escalation.line", code=one.code, clock=due, who=who(one, names))


def due_when(clock: Clock, shop: Shop, today: date) -> Say:
    """What is due when."""
    promise = Say(f"escalation.promise.{clock.promise}")
    left = days_left(shop.calendar, today, clock.due_on)
    if left > 0:
        return Say("escalation.left", promise=promise, left=left, due=clock.due_on)
    if left == 0:
        return Say("escalation.today", promise=promise)
    return Say("escalation.overdue", promise=promise, days=-left, due=clock.due_on)


def who(one: Owed, names: Mapping[UUID, str]) -> str | Say:
    """Who has it."""
    handler = handler_of(one)
    return names[handler] if handler and handler in names else Say("escalation.nobody")


def handler_of(one: Owed) -> UUID | None:
    """Who has it: a request is everybody's."""
    return one.handler if isinstance(one, Case) else None


def _subject(one: Owed) -> Say:
    """What it is about."""
    if isinstance(one, Case):
        return Say(f"complaint.category.choice.{one.category}")
    return Say(f"request.kind.{one.kind}")


async def names_of(found: Sequence[Owed]) -> dict[UUID, str]:
    """The initials of those who have these and are still on the roster."""
    handlers = {handler for one in found if (handler := handler_of(one))}
    members = await StaffMember.filter(id__in=handlers, disabled_at=None) if handlers else []
    key = await SubjectKey.of(SYSTEM)
    return {member.id: initials(member.opened_name(key)) for member in members}


def initials(name: str) -> str:
    """The first letters of a name: Nguyễn Thị Mai, NTM."""
    return "".join(word[0] for word in name.split()).upper()
