"""The keys of subjects: a customer record, a chat and a case each have one of their own.

The wrapped keys live in this one table. Destroying a row makes everything that was sealed for its
subject unreadable.
"""

from __future__ import annotations

from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from tortoise import fields
from tortoise.models import Model
from uuid_utils.compat import uuid7

from chatbot import crypto
from models.database import fetch

_ring: ContextVar[crypto.KeyRing] = ContextVar("key ring")

SYSTEM = UUID(int=0)
"""The subject of what belongs to nobody, such as a notice to staff."""


def use_ring(ring: crypto.KeyRing) -> None:
    """Make the key ring known to this task and those that it starts."""
    _ring.set(ring)


def ring() -> crypto.KeyRing:
    """The key ring in use."""
    return _ring.get()


def new_id() -> UUID:
    """An id for a new row, made before it is written so that sealed columns can be bound to it;
    version 7, so that rows stay in the order of their making."""
    return uuid7()


def made_at(identity: UUID) -> datetime:
    """When ``new_id`` made an id, in real time: a version 7 UUID begins with its milliseconds since 1970
    (RFC 9562, section 5.7)."""
    return datetime.fromtimestamp((identity.int >> 80) / 1000, UTC)


@dataclass(frozen=True, slots=True)
class Rewrapped:
    """A batch of keys that were wrapped anew: the last of their ids, how many, and how many did not open."""

    last: UUID
    done: int
    broken: int


class SubjectKey(Model):
    """The wrapped key of one subject, whose id it bears."""

    id = fields.UUIDField(primary_key=True)
    ring_key = fields.IntField()
    wrapped = fields.BinaryField()

    class Meta:
        table = "subject_key"

    @classmethod
    def make(cls, subject: UUID) -> SubjectKey:
        """A new key for a subject, not yet saved."""
        number, wrapped = ring().wrap(crypto.new_key(), str(subject))
        return cls(id=subject, ring_key=number, wrapped=wrapped)

    @classmethod
    async def of(cls, subject: UUID) -> SubjectKey:
        """A subject's key; the system's is made when first needed. Raises DoesNotExist."""
        if subject == SYSTEM:
            await cls.bulk_create([cls.make(SYSTEM)], ignore_conflicts=True)
        return await cls.get(id=subject)

    @classmethod
    async def wrapped_by(cls) -> dict[int, int]:
        """How many keys each of the ring's keys wraps."""
        rows = await fetch("SELECT ring_key, COUNT(*) AS many FROM subject_key GROUP BY ring_key")
        return {row["ring_key"]: row["many"] for row in sorted(rows, key=lambda row: int(row["ring_key"]))}

    @classmethod
    async def rewrap(cls, after: UUID | None, limit: int) -> Rewrapped | None:
        """Wrap up to ``limit`` keys behind an id anew, by the ring's current key, in a transaction; None
        where there are none. One that does not open stays as it is; one destroyed meanwhile stays so."""
        old = cls.exclude(ring_key=ring().current)
        found = await (old.filter(id__gt=after) if after else old).order_by("id").limit(limit)
        done = 0
        for key in found:
            with suppress(crypto.SealBroken):
                number, wrapped = ring().wrap(key.opened(), str(key.id))
                anew = "UPDATE subject_key SET ring_key = ?, wrapped = ? WHERE id = ?"
                await fetch(anew, number, wrapped, str(key.id))
                done += 1
        return Rewrapped(found[-1].id, done, len(found) - done) if found else None

    def opened(self) -> bytes:
        """The key itself. Raises SealBroken where the ring is not the one that wrapped it."""
        return ring().unwrap(self.ring_key, bytes(self.wrapped), str(self.id))

    def seal(self, plain: bytes, place: str) -> bytes:
        """Seal bytes for this subject, bound to ``place``: table, column and row."""
        return crypto.seal(self.opened(), plain, place)

    def unseal(self, sealed: bytes, place: str) -> bytes:
        """Open what ``seal`` made. Raises SealBroken."""
        return crypto.unseal(self.opened(), sealed, place)
