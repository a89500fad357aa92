"""Opening a customer's full record from a case: with a reason, on record where the customer can see it.

Whoever asked for stricter handling (privacy policy, section 7) is asked first, in the chat.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from tortoise import fields
from tortoise.models import Model

from models.case import Case, CaseContact
from models.case_entry import CaseEntry, Entry
from models.customer import ContactPoint, Customer
from models.event import Event, Tag
from models.keys import new_id
from models.roles import Role

ALLOWED_FOR = timedelta(hours=24)
"""How long a customer's yes lets the record be opened from that case."""


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
    HOLD = "hold"
    """To put it under a legal hold: only its masked name was seen (``models/legal_hold.py``)."""


FROM_A_CASE = (Reason.EXAMINE, Reason.REQUEST, Reason.REACH, Reason.IDENTITY)
"""Those from which staff choose who open a record from a case."""


MOST_TOLD = 10
"""Openings that are told one by one; the customer hears how many more there were."""


@dataclass(frozen=True, slots=True)
class Opening:
    """A member of staff had the record before their eyes."""

    at: datetime
    role: Role
    reason: Reason


@dataclass(frozen=True, slots=True)
class Opened:
    """The records that may be seen now; of ``asked`` the customers have just been asked, and those of
    ``waiting`` have not said yes."""

    records: list[Customer] = field(repr=False)
    asked: list[UUID]
    waiting: list[UUID]
    frozen: list[UUID]


class OpeningAsk(Model):
    """Staff asked a customer for leave to open the record, from one case. ``allowed`` is None until the
    customer has answered."""

    id = fields.UUIDField(primary_key=True)
    customer = fields.UUIDField(db_index=True)
    case = fields.UUIDField()
    reason = fields.CharEnumField(Reason, description="", max_length=10)
    asked_at = fields.DatetimeField()
    answered_at = fields.DatetimeField(null=True)
    allowed = fields.BooleanField(null=True)

    class Meta:
        table = "opening_ask"

    @classmethod
    async def open_one(cls, customer: UUID) -> OpeningAsk | None:
        """What a customer has been asked and not answered, the oldest."""
        return await cls.filter(customer=customer, allowed=None).order_by("id").first()

    async def answer(self, allowed: bool, chat: UUID, now: datetime) -> None:
        """The customer says yes or no."""
        await OpeningAsk.filter(id=self.id, allowed=None).update(allowed=allowed, answered_at=now)
        detail = "yes" if allowed else "no"
        await Event.record(
            Tag.OPENING_ANSWERED, now, chat=chat, customer=self.customer, case=self.case, detail=detail
        )


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


async def open_records(case: Case, member: UUID, role: Role, reason: Reason, now: datetime) -> Opened:
    """The records behind a case, each opening recorded with role and reason; where a customer must be
    asked first, that is noted, and the caller asks. Inside a transaction."""
    opened = Opened([], [], [], [])
    for identity in await records_of(case):
        record = await Customer.load(identity)
        if record is None:
            opened.frozen.append(identity)
            continue
        if record.stricter_since and not await _allowed(case, record, now):
            await _ask(opened, case, member, record, reason, now)
            continue
        await note_opening(record, member, role, reason, now, case=case.id)
        opened.records.append(record)
    if opened.records:
        await CaseEntry.add(case, Entry.RECORD_SHOWN, now, member=member)
    return opened


async def note_opening(
    record: Customer, member: UUID, role: Role, reason: Reason, now: datetime, *, case: UUID | None = None
) -> None:
    """A member of staff has a record before their eyes: on record with role and reason."""
    detail = f"{role}:{reason}"
    await Event.record(Tag.RECORD_SHOWN, now, customer=record.id, case=case, member=member, detail=detail)


async def _allowed(case: Case, record: Customer, now: datetime) -> bool:
    yes = OpeningAsk.filter(customer=record.id, case=case.id, allowed=True)
    return await yes.filter(answered_at__gt=now - ALLOWED_FOR).exists()


async def _ask(
    opened: Opened, case: Case, member: UUID, record: Customer, reason: Reason, now: datetime
) -> None:
    opened.waiting.append(record.id)
    if await OpeningAsk.filter(customer=record.id, case=case.id, allowed=None).exists():
        return
    opened.asked.append(record.id)
    await OpeningAsk.create(id=new_id(), customer=record.id, case=case.id, reason=reason, asked_at=now)
    await Event.record(Tag.OPENING_ASKED, now, customer=record.id, case=case.id, member=member, detail=reason)
