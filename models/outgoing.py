"""The outbox: what is to be sent, written in the transaction that decided it.

Rows of one lane (a chat, or one phone number or e-mail address) go out in the order of their ids.
The same table is the web chat's history: there the customer's own messages stand beside ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from pydantic import TypeAdapter
from tortoise import fields
from tortoise.expressions import F
from tortoise.models import Model

from chatbot.messages import About, Address, Matter, Reply
from models.chat import Chat
from models.keys import SYSTEM, SubjectKey, made_at, new_id, ring
from models.tally import Limit, Tally

_reply = TypeAdapter(Reply)

STAFF = "staff"
"""The outlet by which staff are told, and the lane of what they must hear in time: warnings of deadlines."""
GATHERED = "staff:gathered"
"""How the lanes begin of what customers cause as often as they like, one for each kind: nothing waits behind
it."""
GATHERED_EVERY = timedelta(minutes=10)
"""How often that is told at most."""


def lane_to(to: Address) -> str:
    """The lane of a phone number or e-mail address: a blind index."""
    return ring().blind_index(f"lane:{to.channel}", to.user)


class Purpose(StrEnum):
    """What a message is for; it decides what happens when its sending stays in doubt."""

    ANSWER = "answer"
    """An ordinary reply: sent again."""
    CODE = "code"
    """A one-time code: never sent twice, wiped once sent."""
    NOTICE = "notice"
    """What must arrive (a decision, a warning): sent again, marked as sent again."""


class State(StrEnum):
    """Where a message stands."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    UNKNOWN = "unknown"
    """It may have been delivered, and is not sent again."""
    FAILED = "failed"
    """It will never be delivered."""
    OWN = "own"
    """The customer's own message, kept for channels that keep no history."""


class Arrival(StrEnum):
    """Whether what must arrive has (``models/letters.py``)."""

    OWED = "owed"
    """Nobody knows yet."""
    MISSED = "missed"
    """It did not: the customer was pointed to it by another way, or staff are to tell them."""
    OVER = "over"
    """It did, or it matters no more."""


@dataclass(frozen=True, slots=True)
class Own:
    """The customer's own message as their history shows it: its words, the names of its files, and the
    delivery by which the sender's device knows it again."""

    text: str = field(repr=False)
    files: tuple[str, ...] = field(repr=False)
    delivery: str


_own = TypeAdapter(Own)


class Outgoing(Model):
    """One message of the outbox.

    ``target`` is the sealed address where it is not the chat's own.

    ``attempts`` are those that failed, ``doubts`` those of which nobody knows how they ended.
    ``not_before`` and ``held_until`` are real time: retries do not follow the demo's movable clock.
    ``about`` is the case (or claim) of a message that must arrive, ``matter`` what it brings, ``arrival``
    whether it has.
    A ``private`` one shows a customer's data: it is hidden again when the proof that opened it ends.
    A ``decoy`` is never sent: it stands for a code to a number that is not on file, so that both
    cases cost the same time and say the same words.
    """

    id = fields.BigIntField(primary_key=True)
    ref = fields.UUIDField(unique=True)
    subject = fields.UUIDField()
    outlet = fields.CharField(20)
    lane = fields.CharField(64)
    target = fields.BinaryField(null=True)
    purpose = fields.CharEnumField(Purpose, description="", max_length=10)
    payload = fields.BinaryField(null=True)
    decoy = fields.BooleanField(default=False)
    private = fields.BooleanField(default=False)
    state = fields.CharEnumField(State, description="", max_length=10, default=State.QUEUED)
    attempts = fields.IntField(default=0)
    doubts = fields.IntField(default=0)
    not_before = fields.DatetimeField(null=True)
    held_until = fields.DatetimeField(null=True)
    created_at = fields.DatetimeField()
    settled_at = fields.DatetimeField(null=True)
    outside_id = fields.CharField(80, null=True)
    reason = fields.CharField(80, null=True)
    about = fields.UUIDField(null=True, db_index=True)
    matter = fields.CharEnumField(Matter, description="", max_length=10, null=True)
    arrival = fields.CharEnumField(Arrival, description="", max_length=6, null=True)

    class Meta:
        table = "outgoing"

    @classmethod
    def _to(
        cls,
        key: SubjectKey,
        outlet: str,
        lane: str,
        words: bytes,
        now: datetime,
        purpose: Purpose,
        state: State = State.QUEUED,
        about: About | None = None,
    ) -> Outgoing:
        ref = new_id()
        return cls(
            ref=ref,
            subject=key.id,
            outlet=outlet,
            lane=lane,
            purpose=purpose,
            payload=key.seal(words, f"outgoing.payload:{ref}"),
            state=state,
            created_at=now,
            about=about and about.id,
            matter=about and about.matter,
            arrival=Arrival.OWED if about else None,
        )

    @classmethod
    async def to_chat(
        cls,
        chat: Chat,
        replies: Sequence[Reply],
        now: datetime,
        *,
        own: Own | None = None,
        purpose: Purpose = Purpose.ANSWER,
        about: About | None = None,
        private: bool = False,
    ) -> None:
        """Queue replies to a chat that is held; ``own`` is the customer's message before them, for
        channels that keep no history. With ``about`` the replies must arrive."""
        lane = str(chat.id)
        words = [(_reply.dump_json(reply), State.QUEUED) for reply in replies]
        if own is not None:
            words.insert(0, (_own.dump_json(own), State.OWN))
        rows = [
            cls._to(chat.key, chat.channel, lane, one, now, purpose, state, about) for one, state in words
        ]
        for row in rows:
            row.private = private
        await cls.bulk_create(rows)

    @classmethod
    async def to_contact(
        cls,
        key: SubjectKey,
        to: Address,
        reply: Reply,
        now: datetime,
        *,
        purpose: Purpose,
        decoy: bool = False,
        not_before: datetime | None = None,
        about: About | None = None,
    ) -> None:
        """Queue a message to a phone number or e-mail address, sealed for the subject of ``key``. With
        ``about`` it must arrive."""
        row = cls._to(key, to.channel, lane_to(to), _reply.dump_json(reply), now, purpose, about=about)
        row.target = key.seal(to.user.encode(), f"outgoing.target:{row.ref}")
        row.decoy, row.not_before = decoy, not_before
        await row.save(force_create=True)

    @classmethod
    async def to_staff(cls, reply: Reply, now: datetime, *, lane: str = STAFF) -> None:
        """Queue a notice to staff. It must hold no personal data: it may stand in a chat group."""
        key = await SubjectKey.of(SYSTEM)
        row = cls._to(key, STAFF, lane, _reply.dump_json(reply), now, Purpose.NOTICE)
        await row.save(force_create=True)

    @classmethod
    async def gathered_to_staff(cls, kind: str, reply: Reply, now: datetime, wall: datetime) -> None:
        """Queue a notice to staff, unless one of its kind still waits or was queued less than GATHERED_EVERY
        ago."""
        lane = f"{GATHERED}:{kind}"
        if await cls.filter(lane=lane, state__in=[State.QUEUED, State.SENDING]).exists():
            return
        if await Tally.charge(Limit("staff.gathered", 1, GATHERED_EVERY), lane, wall) == 1:
            await cls.to_staff(reply, now, lane=lane)

    @property
    def queued_at(self) -> datetime:
        """When it was queued, in real time (which ``created_at`` need not be)."""
        return made_at(self.ref)

    @property
    def settled_by_desk(self) -> datetime | None:
        """When it was settled, by the desk's clock, which may have been moved on since: what passed before
        the settling is real time."""
        return self.settled_at and self.created_at + (self.settled_at - self.queued_at)

    def opened(self, key: SubjectKey) -> Reply | None:
        """The message, or None where it was wiped. Raises SealBroken."""
        if self.payload is None:
            return None
        return _reply.validate_json(key.unseal(self.payload, f"outgoing.payload:{self.ref}"))

    def opened_own(self, key: SubjectKey) -> Own | None:
        """The customer's own message, or None where it was wiped. Raises SealBroken."""
        if self.payload is None:
            return None
        return _own.validate_json(key.unseal(self.payload, f"outgoing.payload:{self.ref}"))

    def opened_target(self, key: SubjectKey) -> Address | None:
        """Where it goes, or None where that is the chat's own address. Raises SealBroken."""
        if self.target is None:
            return None
        return Address(self.outlet, key.unseal(self.target, f"outgoing.target:{self.ref}").decode())

    @classmethod
    async def history(cls, chat: Chat, after: int, limit: int) -> list[Outgoing]:
        """The messages of a chat after a number, in order, ours and the customer's own."""
        return await cls.filter(subject=chat.id, lane=str(chat.id), id__gt=after).order_by("id").limit(limit)

    @classmethod
    async def hide(cls, chat: Chat) -> None:
        """Empty what was shown of a customer's data in a chat; its history then says that it was."""
        shown = cls.filter(subject=chat.id, private=True, payload__isnull=False)
        await shown.filter(state=State.QUEUED).update(state=State.FAILED, reason="hidden")
        if await shown.update(payload=None):
            await Chat.filter(id=chat.id).update(hidden=F("hidden") + 1)

    @classmethod
    async def wipe(cls, outlets: Sequence[str], before: datetime, limit: int) -> int:
        """Empty up to ``limit`` messages that were settled at these outlets before an instant (real
        time): their words have served. How many."""
        due = cls.filter(outlet__in=outlets, settled_at__lt=before, payload__isnull=False)
        ids = await due.limit(limit).values_list("id", flat=True)
        return await cls.filter(id__in=ids).update(payload=None, target=None) if ids else 0

    @classmethod
    async def expire_codes(cls, before: datetime, limit: int) -> int:
        """Empty up to ``limit`` codes that were queued before an instant and never went out, because
        their outlet is configured no longer; how many."""
        due = cls.filter(purpose=Purpose.CODE, state=State.QUEUED, created_at__lt=before)
        ids = await due.limit(limit).values_list("id", flat=True)
        gone = {"state": State.FAILED, "reason": "expired", "payload": None, "target": None}
        return await cls.filter(id__in=ids).update(**gone) if ids else 0
