"""Complaints and data subject requests that came by e-mail, telephone or post, entered by staff: same
numbers, same clocks."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from chatbot.messages import Kind, Person
from chatbot.workdays import Calendar
from models.case import Case, CaseContact, Category, Statement
from models.case_entry import CaseEntry, Entry
from models.customer import ContactPoint
from models.data_request import DataRequest, RequestKind
from models.event import Event, Tag
from models.keys import new_id, ring


class Way(StrEnum):
    """How something came. Stored in the audit trail, so never renamed."""

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


async def enter_request(
    kind: RequestKind,
    asked: str,
    *,
    way: Way,
    contact: tuple[Kind, str] | None,
    language: str,
    arrived: datetime,
    member: UUID,
    now: datetime,
    calendar: Calendar,
) -> DataRequest:
    """Enter a data subject request as of the instant at which it was received. It is of the one record behind
    its ``contact``, which nobody has proven; of no record where there is none, or several. Inside a
    transaction. Raises OutsideCalendar."""
    index = ring().blind_index(*contact) if contact else None
    records = (await ContactPoint.records([index]))[index] if index else ()
    request = await DataRequest.file(
        kind,
        customer=records[0] if len(records) == 1 else None,
        who_index=index,
        arrived=arrived,
        calendar=calendar,
        asked=asked,
        contact=contact[1] if contact else None,
        language=language,
    )
    await Event.record(
        Tag.REQUEST_OPENED, now, customer=request.customer, request=request.id, member=member, detail=way
    )
    return request
