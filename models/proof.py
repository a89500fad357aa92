"""Who has proven what in which chat."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from tortoise import fields
from tortoise.expressions import Subquery
from tortoise.models import Model

from chatbot.messages import Kind, Person, Proven
from models.chat import Chat
from models.customer import ContactPoint
from models.database import as_uuid, fetch
from models.keys import SubjectKey, new_id, ring

IDLE = timedelta(minutes=15)
"""How long a proof outlives the last message of its chat, in real time."""

FRESH = timedelta(minutes=10)
"""How long a proof is fresh, by the desk's clock."""


class Method(StrEnum):
    """How a contact was proven."""

    SHARED = "shared"
    """The channel vouched that the number is the sender's own."""
    CODE = "code"


class Proof(Model):
    """A contact proven in one chat. It counts there and nowhere else.

    ``opened`` is the record that it opened; ``used_at`` is real time.
    """

    id = fields.UUIDField(primary_key=True)
    chat: fields.ForeignKeyRelation[Chat] = fields.ForeignKeyField(
        "models.Chat", related_name="proofs", db_index=True
    )
    kind = fields.CharEnumField(Kind, description="", max_length=10)
    value_index = fields.CharField(64, db_index=True)
    value = fields.BinaryField()
    method = fields.CharEnumField(Method, description="", max_length=10)
    opened = fields.UUIDField(null=True, db_index=True)
    proven_at = fields.DatetimeField()
    used_at = fields.DatetimeField()
    ended_at = fields.DatetimeField(null=True)

    class Meta:
        table = "proof"

    @classmethod
    async def add(
        cls, chat: Chat, kind: Kind, value: str, method: Method, now: datetime, wall: datetime
    ) -> tuple[Proof, list[UUID]]:
        """Record a proof. Returns it, and the other chats where the same contact stands proven, so
        that they can be told."""
        index = ring().blind_index(kind, value)
        await cls.filter(chat_id=chat.id, value_index=index, ended_at=None).update(ended_at=now)
        others = [other for other in await cls.chats_of(kind, value) if other != chat.id]
        identity = new_id()
        proof = await cls.create(
            id=identity,
            chat=chat,
            kind=kind,
            value_index=index,
            value=chat.key.seal(value.encode(), f"proof.value:{identity}"),
            method=method,
            proven_at=now,
            used_at=wall,
        )
        await Chat.filter(id=chat.id).update(proven=True)
        chat.proven = True
        return proof, others

    @classmethod
    async def person(cls, chat: Chat, now: datetime, wall: datetime) -> Person:
        """Who is writing in a chat that is held: the proofs that have not idled out, each kept alive
        by this message. One that opened a record under stricter handling lasts no longer than it is fresh,
        whatever is written."""
        rows = await fetch(
            "UPDATE proof SET used_at = ? WHERE chat_id = ? AND ended_at IS NULL AND used_at > ?"
            " AND (proven_at > ? OR NOT EXISTS (SELECT 1 FROM customer"
            " WHERE customer.id = proof.opened AND customer.stricter_since IS NOT NULL)) RETURNING *",
            wall,
            str(chat.id),
            wall - IDLE,
            now - FRESH,
        )
        if not rows:
            chat.proven = False
            await Chat.filter(id=chat.id).update(proven=False)
            return Person()
        proofs = sorted((cls._init_from_db(**row) for row in rows), key=lambda proof: proof.id)
        records = await ContactPoint.apart([proof.value_index for proof in proofs])
        return Person(
            tuple(
                Proven(
                    proof=proof.id,
                    kind=proof.kind,
                    value=proof.opened_value(chat.key),
                    records=records[proof.value_index][0],
                    frozen=records[proof.value_index][1],
                    opened=proof.opened,
                    proven_at=proof.proven_at,
                )
                for proof in proofs
            )
        )

    def opened_value(self, key: SubjectKey) -> str:
        """The contact, by the key of the chat. Raises SealBroken."""
        return key.unseal(self.value, f"proof.value:{self.id}").decode()

    @classmethod
    async def chats_of(cls, kind: Kind, value: str) -> list[UUID]:
        """The chats where a contact stands proven."""
        index = ring().blind_index(kind, value)
        chats = cls.filter(value_index=index, ended_at=None).distinct().values_list("chat_id", flat=True)
        return list(await chats)  # type: ignore[arg-type]

    @classmethod
    async def chats_that_proved(cls, kind: Kind, value: str) -> list[UUID]:
        """The chats where a contact stands proven, or did until a while ago."""
        index = ring().blind_index(kind, value)
        return list(await cls.filter(value_index=index).distinct().values_list("chat_id", flat=True))  # type: ignore[arg-type]

    @classmethod
    async def open_record(cls, proof: UUID, record: UUID, wall: datetime) -> bool:
        """Let a proof that still lives open a record behind its contact; False where it has ended."""
        live = cls.filter(id=proof, ended_at=None, used_at__gt=wall - IDLE)
        return bool(await live.update(opened=record))

    @classmethod
    async def forget(cls, before: datetime, limit: int) -> int:
        """Drop up to ``limit`` proofs that ended before an instant; how many went."""
        ids = await cls.filter(ended_at__lt=before).limit(limit).values_list("id", flat=True)
        return await cls.filter(id__in=ids).delete() if ids else 0

    @classmethod
    async def idled(cls, wall: datetime, limit: int) -> list[UUID]:
        """Chats that count as proven although no message has kept a proof alive, up to ``limit``."""
        live = cls.filter(ended_at=None, used_at__gt=wall - IDLE).values_list("chat_id", flat=True)
        ids = Chat.filter(proven=True, id__not_in=Subquery(live)).limit(limit).values_list("id", flat=True)
        return list(await ids)  # type: ignore[arg-type]

    @classmethod
    async def stale(cls, now: datetime, limit: int) -> list[UUID]:
        """Up to ``limit`` chats in which a proof still stands that opened a record under stricter handling
        and is fresh no longer, and no fresh one has followed that opened it too."""
        rows = await fetch(_STALE, now - FRESH, now - FRESH, limit)
        return [as_uuid(row["chat_id"]) for row in rows]

    @classmethod
    async def end_stale(cls, chat: Chat, now: datetime) -> int:
        """End those of a chat; how many there were."""
        return len(await fetch(_END_STALE, now, str(chat.id), now - FRESH))

    @classmethod
    async def end(cls, chat: Chat, now: datetime) -> int:
        """End every proof of a chat; how many there were."""
        chat.proven = False
        await Chat.filter(id=chat.id).update(proven=False)
        return await cls.filter(chat_id=chat.id, ended_at=None).update(ended_at=now)


_STALE = """
SELECT DISTINCT proof.chat_id FROM proof JOIN customer ON customer.id = proof.opened
WHERE customer.stricter_since IS NOT NULL AND proof.ended_at IS NULL AND proof.proven_at <= ?
  AND NOT EXISTS (
    SELECT 1 FROM proof AS later
    WHERE later.chat_id = proof.chat_id AND later.opened = proof.opened AND later.ended_at IS NULL
      AND later.proven_at > ?
  )
LIMIT ?
"""

_END_STALE = """
UPDATE proof SET ended_at = ?
WHERE chat_id = ? AND ended_at IS NULL AND proven_at <= ?
  AND opened IN (SELECT id FROM customer WHERE stricter_since IS NOT NULL)
RETURNING id
"""
