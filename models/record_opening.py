"""Opening a customer's record: with a reason, on record where the customer can see it."""

from __future__ import annotations

from dataclasses import dataclass
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


MOST_TOLD = 10
"""Openings that are told one by one; the customer hears how many more there were."""


@dataclass(frozen=True, slots=True)
class Opening:
    """A member of staff had the record before their eyes."""

    at: datetime
    role: Role
    reason: Reason


async def openings(record: UUID, limit: int) -> tuple[list[Opening], int]:
    """The last openings of a record by staff, the newest first, and how many there were before these. What
    the customer was shown themself is no opening."""
    by_staff = Event.filter(customer=record, tag=Tag.RECORD_SHOWN, member__isnull=False)
    last = await by_staff.order_by("-at", "-id").limit(limit)
    told = [_opening(event) for event in last]
    return told, await by_staff.count() - len(told)


def _opening(event: Event) -> Opening:
    role, _, reason = (event.detail or "").partition(":")
    return Opening(event.at, Role(role), Reason(reason))


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
