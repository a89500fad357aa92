"""The ledger of erasures: whose key was destroyed, so that no backup brings anybody back, and by what an
import knows them, so that the shop's list brings nobody back either.

Both go wherever the keys go.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from uuid import UUID

from tortoise import fields
from tortoise.models import Model

from models.database import fetch
from models.erasure import Why
from models.keys import SubjectKey


class Erased(Model):
    """One erased subject, by the id that its key had.

    The id names nothing any more. This part of the ledger is never shortened.
    """

    id = fields.UUIDField(primary_key=True)
    erased_at = fields.DatetimeField()

    class Meta:
        table = "erased"

    @classmethod
    async def record(cls, subject: UUID, now: datetime) -> None:
        """Destroy a subject's key, and write that down, in a transaction. Its own row goes with the key;
        ``models.inventory`` says where else there are any."""
        await cls.bulk_create([cls(id=subject, erased_at=now)], ignore_conflicts=True)
        await SubjectKey.filter(id=subject).delete()

    @classmethod
    async def apply(cls) -> int:
        """Destroy the keys of all who are in the ledger; how many were there."""
        destroy = "DELETE FROM subject_key WHERE id IN (SELECT id FROM erased) RETURNING 1 AS one"
        return len(await fetch(destroy))


class ErasedMark(Model):
    """By what an import knows somebody who was erased: the blind index of the shop's own number, of a
    contact, or of the words of a row. It goes when the person comes back as a customer by themselves
    (docs/erasure.md)."""

    value_index = fields.CharField(64, primary_key=True)
    why = fields.CharEnumField(Why, description="", max_length=10)
    erased_at = fields.DatetimeField()

    class Meta:
        table = "erased_mark"

    @classmethod
    async def note(cls, indexes: Iterable[str], why: Why, now: datetime) -> None:
        """Remember who is erased. Somebody who is erased again, or shares a contact with somebody who was,
        is remembered by the latest; a customer's own wish is never forgotten for the clock's."""
        for index in dict.fromkeys(indexes):
            mark = await cls.get_or_none(value_index=index)
            if mark is None:
                await cls.create(value_index=index, why=why, erased_at=now)
            else:
                kept = Why.ASKED if Why.ASKED in (mark.why, why) else why
                await cls.filter(value_index=index).update(why=kept, erased_at=now)

    @classmethod
    async def of(cls, indexes: Collection[str]) -> dict[str, ErasedMark]:
        """The marks among some indexes, by index."""
        found = await cls.filter(value_index__in=list(indexes)) if indexes else []
        return {mark.value_index: mark for mark in found}
