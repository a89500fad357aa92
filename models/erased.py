"""The ledger of erasures: whose key was destroyed, so that no backup brings anybody back."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from tortoise import fields
from tortoise.models import Model

from models.database import fetch
from models.keys import SubjectKey


class Erased(Model):
    """One erased subject, by the id that its key had.

    The id names nothing any more. The ledger goes wherever the keys go, and is never shortened.
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
