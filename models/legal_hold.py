"""Legal hold: a record or a case that must not be erased for the time being, whatever else says that it is to
go. A director puts it on, with a ground and a reason, and lifts it.

The ground and the day of its review are told to the customer: a deletion may be refused only with the
legitimate reason (Law 91/2025/QH15 Art. 14(2), 14(5)). The reason in words is the shop's own.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from tortoise import fields
from tortoise.models import Model

from chatbot.clock import local_date
from models.case import Case
from models.customer import Customer
from models.event import Event, Tag
from models.keys import SubjectKey, new_id
from models.record_opening import Reason, note_opening
from models.roles import Role


class Ground(StrEnum):
    """Why it must stay, as the customer is told. Stored, so never renamed."""

    DISPUTE = "dispute"
    """A dispute in which it may have to prove something (Law 91/2025 Art. 4(3), 14(2))."""
    AUTHORITY = "authority"
    """A State agency has asked for it."""
    DUTY = "duty"
    """A law obliges the shop to keep it, such as that on e-commerce (Law 122/2025/QH15 Art. 16(2))."""


_TOLD = {
    Ground.DISPUTE: "profile.hold.dispute",
    Ground.AUTHORITY: "profile.hold.authority",
    Ground.DUTY: "profile.hold.duty",
}


class LegalHold(Model):
    """One hold.

    ``subject`` is the record or the case. It stands until a director lifts it: on ``review_on``
    they look whether it is still needed, and nothing ends by itself. ``reason`` and ``lift_reason`` are
    sealed under the key of the subject. Of each subject one stands at a time.
    """

    id = fields.UUIDField(primary_key=True)
    subject = fields.UUIDField(db_index=True)
    ground = fields.CharEnumField(Ground, description="", max_length=10)
    reason = fields.BinaryField()
    review_on = fields.DateField()
    put_at = fields.DatetimeField()
    put_by = fields.UUIDField()
    lift_reason = fields.BinaryField(null=True)
    lifted_at = fields.DatetimeField(null=True)
    lifted_by = fields.UUIDField(null=True)

    class Meta:
        table = "legal_hold"

    @classmethod
    async def put(
        cls,
        what: Customer | Case,
        ground: Ground,
        reason: str,
        *,
        review_on: date,
        member: UUID,
        role: Role,
        now: datetime,
    ) -> LegalHold | None:
        """Hold a record or a case, in a transaction; None where one stands already. That a record is held
        is among who looked at it. Raises ValueError without a reason."""
        identity = new_id()
        hold = cls(
            id=identity,
            subject=what.id,
            ground=ground,
            reason=_sealed(await SubjectKey.of(what.id), "reason", identity, reason),
            review_on=review_on,
            put_at=now,
            put_by=member,
        )
        await cls.bulk_create([hold], ignore_conflicts=True)  # one that stands already stays
        if not await cls.exists(id=identity):
            return None
        if isinstance(what, Customer):
            await note_opening(what, member, role, Reason.HOLD, now)
        await hold._recorded(Tag.HOLD_PUT, now, member, isinstance(what, Case))
        return hold

    async def lift(self, reason: str, *, member: UUID, now: datetime) -> bool:
        """It holds no longer; False where somebody else was faster. Raises ValueError without a reason."""
        sealed = _sealed(await SubjectKey.of(self.subject), "lift_reason", self.id, reason)
        standing = LegalHold.filter(id=self.id, lifted_at=None)
        if not await standing.update(lifted_at=now, lifted_by=member, lift_reason=sealed):
            return False
        await self._recorded(Tag.HOLD_LIFTED, now, member, await Case.exists(id=self.subject))
        return True

    @classmethod
    async def of(cls, customer: Customer) -> LegalHold | None:
        """The hold that stands on a record, of which the customer hears what ``told`` says."""
        return await cls.on(customer.id)

    @classmethod
    async def on(cls, subject: UUID) -> LegalHold | None:
        """The hold that stands on a record or a case."""
        return await cls.get_or_none(subject=subject, lifted_at=None)

    @classmethod
    async def standing(cls) -> list[LegalHold]:
        """All that stand, the one that is to be reviewed first at the front."""
        return await cls.filter(lifted_at=None).order_by("review_on", "id")

    @property
    def told(self) -> tuple[str, dict[str, object]]:
        """What the customer is told: the key of the text, and its parameters. That it stays, on what ground,
        since when, until when it is looked at again, and where to complain (Law 91/2025 Art. 4(1)(đ))."""
        return _TOLD[self.ground], {"since": local_date(self.put_at), "review": self.review_on}

    async def opened(self) -> str:
        """The reason in words. Raises SealBroken."""
        key = await SubjectKey.of(self.subject)
        return key.unseal(self.reason, f"legal_hold.reason:{self.id}").decode()

    async def _recorded(self, tag: Tag, now: datetime, member: UUID, is_case: bool) -> None:
        whose = {"case" if is_case else "customer": self.subject}
        await Event.record(tag, now, member=member, detail=self.ground, **whose)


def _sealed(key: SubjectKey, column: str, identity: UUID, reason: str) -> bytes:
    if not reason.strip():
        raise ValueError("a hold needs a reason")
    return key.seal(reason.encode(), f"legal_hold.{column}:{identity}")
