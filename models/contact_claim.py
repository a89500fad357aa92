"""The claim of somebody who can prove no contact on file any more: facts against a record, and a new contact.

Whoever knows somebody's name, birthday and address could make one. So it opens nothing by itself: a lead
compares and approves with a reason, every old contact is warned, and for 72 hours whoever still has one
of them can stop it. Nothing of the record is shown on the way there.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from pydantic import TypeAdapter
from tortoise import fields
from tortoise.expressions import Q
from tortoise.models import Model

from chatbot.messages import Kind, Person
from models.chat import Chat
from models.claim_states import CLAIM_MOVES, PENDING, ClaimMove, ClaimState
from models.customer import Customer, external_index
from models.keys import new_id, ring
from models.outgoing import Outgoing, State
from models.tally import Limit

OBJECTION = timedelta(hours=72)
"""How long the old contacts have to object."""
PATIENCE = timedelta(days=30)
"""How long a claim waits for a lead: what was told for it is not kept for ever."""

CLAIMS_OF_CHAT = Limit("claims.chat", 3, timedelta(hours=24))
CLAIMS_ON_CONTACT = Limit("claims.contact", 3, timedelta(hours=24))
"""Counted for the old contact, whether it is on file or not, whoever claims."""


@dataclass(frozen=True, slots=True)
class Told:
    """What somebody said of themselves: the contact that they have no more, what else they know of
    their record, and the contact that they have now, which is proven."""

    old_kind: Kind
    old: str = field(repr=False)
    new_kind: Kind
    new: str = field(repr=False)
    name: str = field(default="", repr=False)
    birthday: str = field(default="", repr=False)
    address: str = field(default="", repr=False)
    number: str = field(default="", repr=False)


_told = TypeAdapter(Told)


class ContactClaim(Model):
    """One claim, sealed under the key of the chat in which it was made.

    ``likeness`` is what the record looked like when the claim was approved; ``token`` the fingerprint of
    the one-time link by which an old contact objects.
    """

    id = fields.UUIDField(primary_key=True)
    chat: fields.ForeignKeyRelation[Chat] = fields.ForeignKeyField(
        "models.Chat", related_name="contact_claims", db_index=True
    )
    state = fields.CharEnumField(ClaimState, description="", max_length=10, db_index=True)
    new_index = fields.CharField(64, db_index=True)
    told = fields.BinaryField()
    reason = fields.BinaryField(null=True)
    decided_by = fields.UUIDField(null=True)
    customer = fields.UUIDField(null=True, db_index=True)
    likeness = fields.CharField(64, null=True)
    token = fields.CharField(64, null=True, unique=True)
    asked_at = fields.DatetimeField()
    opens_at = fields.DatetimeField(null=True)
    ended_at = fields.DatetimeField(null=True)

    class Meta:
        table = "contact_claim"

    @classmethod
    async def ask(cls, chat: Chat, told: Told, now: datetime) -> ContactClaim:
        """Record a claim of a chat that is held."""
        identity = new_id()
        return await cls.create(
            id=identity,
            chat=chat,
            state=ClaimState.ASKED,
            new_index=ring().blind_index(told.new_kind, told.new),
            told=chat.key.seal(_told.dump_json(told), f"contact_claim.told:{identity}"),
            asked_at=now,
        )

    @classmethod
    async def last_of(cls, chat: UUID, person: Person) -> ContactClaim | None:
        """The last claim of a chat, or to a contact that is proven in it."""
        indexes = [ring().blind_index(one.kind, one.value) for one in person.contacts]
        own = cls.filter(Q(chat_id=chat) | Q(new_index__in=indexes)) if indexes else cls.filter(chat_id=chat)
        return await own.order_by("-asked_at", "-id").first()

    @classmethod
    async def find(cls, identity: UUID) -> ContactClaim | None:
        """A claim with its chat and key, locked until the transaction ends. The chat is held before it,
        in the order in which the customer's own messages do it."""
        there = await cls.get_or_none(id=identity)
        chat = await Chat.hold_by_id(there.chat_id) if there else None  # type: ignore[attr-defined]
        claim = await cls.filter(id=identity).select_for_update().first()
        if claim and chat:
            claim.chat = chat
        return claim if chat else None

    @classmethod
    async def pending(cls, limit: int) -> list[ContactClaim]:
        """The claims in which something is still to come, the oldest first."""
        return await cls.filter(state__in=list(PENDING)).order_by("asked_at", "id").limit(limit)

    @classmethod
    async def count_asked(cls) -> int:
        """How many wait for a lead."""
        return await cls.filter(state=ClaimState.ASKED).count()

    @classmethod
    async def against(cls, records: Sequence[UUID]) -> list[ContactClaim]:
        """The approved claims to records: those to which their owners may object."""
        claims = cls.filter(customer__in=list(records), state=ClaimState.APPROVED)
        return await claims.order_by("asked_at", "id") if records else []

    @classmethod
    async def by_token(cls, token: str) -> ContactClaim | None:
        """The claim to which a link's token objects."""
        return await cls.get_or_none(token=_digest(token))

    @classmethod
    async def due(cls, now: datetime) -> list[UUID]:
        """Claims to which nobody has objected in time, and those on which nobody decided in time."""
        over = Q(state=ClaimState.APPROVED, opens_at__lte=now)
        late = Q(state=ClaimState.ASKED, asked_at__lte=now - PATIENCE)
        ids = cls.filter(over | late).order_by("asked_at", "id").values_list("id", flat=True)
        return list(await ids)  # type: ignore[arg-type]

    async def records(self) -> list[Customer]:
        """The records that may be meant: behind the old contact, or of the shop's number for the customer."""
        told = self.opened()
        found = dict.fromkeys(await Customer.behind(told.old_kind, told.old))
        if index := external_index(told.number):
            found |= dict.fromkeys(one.id for one in await Customer.filter(external_index=index).only("id"))
        return [record for identity in found if (record := await Customer.load(identity))]

    async def approve(self, record: Customer, by: UUID, reason: str, now: datetime) -> str | None:
        """Let the time to object begin. The token by which an old contact objects, which stands nowhere
        else; None where the claim has moved on. Raises ValueError without a reason."""
        token = secrets.token_urlsafe(32)
        moved = await self._move(
            ClaimMove.APPROVE,
            reason=self._sealed_reason(reason),
            decided_by=by,
            customer=record.id,
            likeness=likeness(record),
            token=_digest(token),
            opens_at=now + OBJECTION,
        )
        return token if moved else None

    async def warned_at(self) -> datetime | None:
        """When a gateway or mail server took the first warning to an old contact, by the desk's clock; None
        where none did. Of a claim that was approved."""
        if self.customer is None or self.opens_at is None:
            return None
        warnings = Outgoing.filter(subject=self.customer, created_at=self.opens_at - OBJECTION)
        sent = await warnings.filter(state=State.SENT)
        return min((at for one in sent if (at := one.settled_by_desk)), default=None)

    async def refuse(self, by: UUID, reason: str, now: datetime) -> bool:
        """What was told is not enough. Raises ValueError without a reason."""
        sealed = self._sealed_reason(reason)
        return await self._move(ClaimMove.REFUSE, reason=sealed, decided_by=by, ended_at=now)

    async def stop(self, now: datetime) -> bool:
        """Whoever has an old contact says no. Possible until the new contact is on file, even where the
        time is over: objections win."""
        return await self._move(ClaimMove.OBJECT, ended_at=now)

    async def spend(self) -> bool:
        """The link serves no more; False where that was so already."""
        return bool(await ContactClaim.filter(id=self.id, token__isnull=False).update(token=None))

    async def open(self, now: datetime) -> bool:
        """Make the new contact one of the record's; the old ones stay. False where the time to object is
        not over, or the record is no longer what was approved. On a claim that ``find`` has locked."""
        record = await Customer.hold(self.customer) if self.customer else None
        if (
            record is None
            or self.opens_at is None
            or now < self.opens_at
            or likeness(record) != self.likeness
        ):
            return False
        if not await self._move(ClaimMove.OPEN, ended_at=now):
            return False
        told = self.opened()
        await record.add_contact(told.new_kind, told.new, now)
        return True

    async def expire(self, now: datetime) -> bool:
        """Nothing comes of it any more."""
        return await self._move(ClaimMove.EXPIRE, ended_at=now)

    @classmethod
    async def forget(cls, before: datetime, limit: int) -> int:
        """Drop up to ``limit`` claims that ended before an instant; how many went."""
        ids = await cls.filter(ended_at__lt=before).limit(limit).values_list("id", flat=True)
        return await cls.filter(id__in=ids).delete() if ids else 0

    def opened(self) -> Told:
        """What was told. Raises SealBroken."""
        return _told.validate_json(self.chat.key.unseal(self.told, f"contact_claim.told:{self.id}"))

    def opened_reason(self) -> str:
        """Why it was decided so; empty where it is not. Raises SealBroken."""
        if self.reason is None:
            return ""
        return self.chat.key.unseal(self.reason, f"contact_claim.reason:{self.id}").decode()

    def _sealed_reason(self, reason: str) -> bytes:
        if not reason.strip():
            raise ValueError("a decision needs a reason")
        return self.chat.key.seal(reason.encode(), f"contact_claim.reason:{self.id}")

    async def _move(self, move: ClaimMove, **changes: object) -> bool:
        """Make a move; False where it is not possible now: somebody else was faster. One statement."""
        rule = CLAIM_MOVES[move]
        claim = ContactClaim.filter(id=self.id, state__in=list(rule.source))
        done = await claim.update(state=rule.target, **changes)
        if done:
            await self.refresh_from_db(fields=["state", *changes])
        return bool(done)


def likeness(record: Customer) -> str:
    """A keyed fingerprint of what was compared in a record: the same as long as none of it changes."""
    held = record.opened()
    compared = (held.full_name, held.birthday, held.address, held.external_id, held.contacts)
    return ring().blind_index("likeness", repr(compared))


def _digest(token: str) -> str:
    return ring().code_digest(token, b"contact claim").hex()
