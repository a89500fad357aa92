"""Opening a customer's record: with a reason, on record where the customer can see it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from models.case import Case, CaseContact
from models.case_entry import CaseEntry, Entry
from models.customer import ContactPoint, Customer
from models.event import Event, Tag
from models.roles import Role


class Reason(StrEnum):
    """Why a record is opened. Stored in the audit trail, so never renamed; a list and no free words, as the
    trail holds no personal data and is told to the customer in their own language."""

    EXAMINE = "examine"
    """To examine what the complaint says."""
    REQUEST = "request"
    """To see whether a request was carried out."""
    REACH = "reach"
    """To reach the customer by another way."""
    IDENTITY = "identity"
    """To compare facts with somebody who can prove no contact any more."""


async def records_of(case: Case) -> list[UUID]:
    """The records behind the contacts by which a case belongs to somebody."""
    indexes = await CaseContact.filter(case_id=case.id).values_list("value_index", flat=True)
    found = await ContactPoint.records(list(indexes)) if indexes else {}  # type: ignore[arg-type]
    return list(dict.fromkeys(record for records in found.values() for record in records))


async def open_records(case: Case, member: UUID, role: Role, reason: Reason, now: datetime) -> list[Customer]:
    """The records behind a case, each opening recorded with role and reason. Inside a transaction."""
    records = [record for identity in await records_of(case) if (record := await Customer.load(identity))]
    for record in records:
        await note_opening(record, member, role, reason, now, case=case.id)
    if records:
        await CaseEntry.add(case, Entry.RECORD_SHOWN, now, member=member)
    return records


async def note_opening(
    record: Customer, member: UUID, role: Role, reason: Reason, now: datetime, *, case: UUID | None = None
) -> None:
    """A member of staff has a record before their eyes: on record with role and reason."""
    detail = f"{role}:{reason}"
    await Event.record(Tag.RECORD_SHOWN, now, customer=record.id, case=case, member=member, detail=detail)
