"""An erasure of a customer record: frozen first, so that one may change one's mind, then carried out.

    asked -> undone
         '-> begun -> gone

While a record is frozen ``Customer.load`` and ``Customer.hold`` find none: it is shown, used and sent to
nobody. The row goes with the record; what stays is in the ledger (``models/erased.py``).
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from tortoise import fields
from tortoise.models import Model

from models.customer import Customer
from models.event import Event, Tag


class Why(StrEnum):
    """Why a record is erased. Stored, so never renamed."""

    ASKED = "asked"
    """The customer asked for it (policy, section 7)."""
    RETENTION = "retention"
    """The period of retention has ended (policy, section 3)."""


class Erasure(Model):
    """One erasure, by the id of the record.

    ``request`` is its entry in the register, ``chat`` where it was asked for and where its end is told.
    From ``due_at`` on it is carried out, and from ``begun_at`` on nothing stops it any more.
    """

    id = fields.UUIDField(primary_key=True)
    why = fields.CharEnumField(Why, description="", max_length=10)
    request = fields.UUIDField(null=True)
    chat = fields.UUIDField(null=True, db_index=True)
    asked_at = fields.DatetimeField()
    due_at = fields.DatetimeField(db_index=True)
    begun_at = fields.DatetimeField(null=True)

    class Meta:
        table = "erasure"

    @classmethod
    async def begin(
        cls,
        customer: Customer,
        why: Why,
        *,
        due_at: datetime,
        now: datetime,
        request: UUID | None = None,
        chat: UUID | None = None,
    ) -> Erasure:
        """Freeze a record that is held, to be erased from ``due_at`` on. Inside a transaction."""
        await Customer.filter(id=customer.id).update(frozen_at=now)
        erasure = await cls.create(
            id=customer.id, why=why, request=request, chat=chat, asked_at=now, due_at=due_at
        )
        await Event.record(
            Tag.ERASURE_ASKED, now, chat=chat, customer=customer.id, request=request, detail=why
        )
        return erasure

    async def undo(self, chat: UUID, now: datetime) -> bool:
        """The customer has changed their mind: the record is as it was. False where the erasure has begun.
        Inside a transaction."""
        if not await Erasure.filter(id=self.id, begun_at=None).delete():
            return False
        await Customer.filter(id=self.id).update(frozen_at=None)
        await Event.record(Tag.ERASURE_UNDONE, now, chat=chat, customer=self.id, request=self.request)
        return True

    @classmethod
    async def due(cls, now: datetime, limit: int) -> list[Erasure]:
        """Those to be carried out now, the oldest first."""
        return await cls.filter(due_at__lte=now).order_by("due_at", "id").limit(limit)
