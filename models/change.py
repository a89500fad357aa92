"""What the shop's other systems must do too: corrections, objections, restrictions and erasures.

A list in the order of their making, written in the transaction of the change itself. A member of staff
ticks what is done there, which closes the request behind it; a receiver of the shop's own may take each
as it comes (``chatbot/webhook.py``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from pydantic import TypeAdapter
from tortoise import fields
from tortoise.expressions import Q
from tortoise.models import Model

from models.customer import Customer
from models.data_request import DataRequest, RequestState
from models.keys import SYSTEM, SubjectKey, new_id

FIRST_RETRY = timedelta(seconds=10)
LAST_RETRY = timedelta(hours=1)
"""After each try that failed it is waited twice as long, up to this."""


class ChangeKind(StrEnum):
    """What changed. Other systems read it, so never renamed."""

    CORRECTED = "corrected"
    OPTED_OUT = "opted_out"
    RESTRICTED = "restricted"
    RELEASED = "released"
    """A restriction was lifted."""
    ERASED = "erased"


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """By what the other systems find the person: as it stood before the change."""

    external_id: str | None = field(default=None, repr=False)
    phone: str | None = field(default=None, repr=False)
    email: str | None = field(default=None, repr=False)


_whereabouts = TypeAdapter(Whereabouts)


class Change(Model):
    """One change.

    ``what`` are names from our own code, apart by spaces: the fields that were corrected, or the purposes
    objected to. ``whereabouts`` are sealed under the customer's key, but for an erasure, which destroys
    that key: under the system's, until it is ticked. ``taken_at`` is when the receiver took it.
    """

    id = fields.BigIntField(primary_key=True)
    ref = fields.UUIDField(unique=True)
    request = fields.UUIDField(db_index=True)
    kind = fields.CharEnumField(ChangeKind, description="", max_length=10)
    what = fields.CharField(200)
    subject = fields.UUIDField(db_index=True)
    whereabouts = fields.BinaryField(null=True)
    at = fields.DatetimeField(db_index=True)
    ticked_at = fields.DatetimeField(null=True)
    tries = fields.IntField(default=0)
    next_try_at = fields.DatetimeField(null=True)
    taken_at = fields.DatetimeField(null=True)

    class Meta:
        table = "change"

    @classmethod
    async def enter(
        cls,
        request: DataRequest,
        kind: ChangeKind,
        what: Sequence[str],
        now: datetime,
        *,
        record: Customer | None = None,
    ) -> None:
        """Enter a change of the record behind a request, in the transaction of the change and before it
        is made: the other systems know the person as they were. ``record`` is that record where it is frozen
        and no longer found."""
        customer = record or (await Customer.load(request.customer) if request.customer else None)
        assert customer
        profile = customer.opened()
        found = Whereabouts(profile.external_id, profile.phone, profile.email)
        key = await SubjectKey.of(SYSTEM) if kind is ChangeKind.ERASED else customer.key
        ref = new_id()
        await cls.create(
            ref=ref,
            request=request.id,
            kind=kind,
            what=" ".join(what),
            subject=key.id,
            whereabouts=key.seal(_whereabouts.dump_json(found), f"change.whereabouts:{ref}"),
            at=now,
        )

    @classmethod
    async def tick(cls, request: DataRequest, member: UUID, now: datetime) -> bool:
        """A member of staff says that it is done in the other systems too: the request is done, and of an
        erased person nothing is left to be found by. False where it was closed already."""
        if not await request.close(RequestState.DONE, now, member=member):
            return False
        await cls.filter(request=request.id).update(ticked_at=now)
        await cls.filter(request=request.id, kind=ChangeKind.ERASED).update(whereabouts=None)
        return True

    @classmethod
    async def since(cls, at: datetime | None) -> list[Change]:
        """The changes from an instant on, the oldest first."""
        return await (cls.filter(at__gte=at) if at else cls.all()).order_by("id")

    @classmethod
    async def untaken(cls, wall: datetime, limit: int) -> list[Change]:
        """Those that the receiver is to be offered now, the oldest first."""
        due = Q(next_try_at=None) | Q(next_try_at__lte=wall)
        return await cls.filter(due, taken_at=None).order_by("id").limit(limit)

    async def taken(self, wall: datetime) -> None:
        """The receiver has taken it."""
        await Change.filter(id=self.id).update(taken_at=wall)

    async def put_off(self, wall: datetime) -> None:
        """The receiver has not taken it: it is offered again, each time after a longer wait."""
        wait = min(FIRST_RETRY * 2 ** min(self.tries, 20), LAST_RETRY)
        await Change.filter(id=self.id).update(tries=self.tries + 1, next_try_at=wall + wait)

    async def opened(self) -> Whereabouts:
        """By what the person is found; nothing where that has been erased. Raises SealBroken."""
        key = await SubjectKey.get_or_none(id=self.subject)
        if self.whereabouts is None or key is None:
            return Whereabouts()
        return _whereabouts.validate_json(key.unseal(self.whereabouts, f"change.whereabouts:{self.ref}"))

    async def told(self) -> dict[str, str | None]:
        """The change as other systems read it, personal values included. Raises SealBroken."""
        request, found = await DataRequest.get(id=self.request), await self.opened()
        return {
            "id": str(self.ref),
            "at": self.at.isoformat(),
            "kind": self.kind.value,
            "what": self.what,
            "request": request.code,
            "external_id": found.external_id,
            "phone": found.phone,
            "email": found.email,
            "ticked_at": self.ticked_at.isoformat() if self.ticked_at else None,
        }


async def take_back(customer: UUID, but: UUID, now: datetime) -> list[DataRequest]:
    """Take back the open requests of a customer who asked to be erased, but that one, and those of which
    only the other systems' part is left: that goes on. Returns those that were taken back."""
    others = DataRequest.filter(customer=customer, state=RequestState.OPEN).exclude(id=but).order_by("id")
    open_ = {one.id: one for one in await others}
    for change in await Change.filter(request__in=list(open_)).only("id", "request") if open_ else ():
        open_.pop(change.request, None)
    return [one for one in open_.values() if await one.close(RequestState.WITHDRAWN, now)]
