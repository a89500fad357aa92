"""Complaints that came by e-mail, telephone or post, entered by staff: same numbers, same clocks."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from chatbot.messages import Kind, Person
from chatbot.workdays import Calendar
from models.case import Case, CaseContact, Category, Statement
from models.case_entry import CaseEntry, Entry
from models.event import Event, Tag
from models.keys import new_id, ring


class Way(StrEnum):
    """How a complaint came. Stored in the audit trail, so never renamed."""

    EMAIL = "email"
    PHONE = "phone"
    POST = "post"


async def enter(
    statement: Statement,
    *,
    category: Category,
    way: Way,
    contact: tuple[Kind, str] | None,
    priority: bool,
    negotiate: bool,
    arrived: datetime,
    member: UUID,
    now: datetime,
    calendar: Calendar,
) -> Case:
    """File a complaint as of the instant at which it was received. It belongs to whoever later proves its
    ``contact``. Inside a transaction. Raises OutsideCalendar."""
    case = await Case.file(
        statement,
        category=category,
        chat=None,
        person=Person(),
        priority=priority,
        negotiate=negotiate,
        arrived=arrived,
        calendar=calendar,
    )
    if contact:
        index = ring().blind_index(*contact)
        await CaseContact.create(id=new_id(), case_id=case.id, value_index=index)
    await CaseEntry.add(case, Entry.FILED, arrived, member=member)
    await Event.record(Tag.CASE_FILED, now, case=case.id, member=member, detail=way)
    return case
