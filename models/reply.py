"""What customers have added to their cases and staff have not been told of yet, gathered case by case."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from tortoise import fields
from tortoise.models import Model

from models.database import as_uuid, fetch

GATHER = timedelta(minutes=3)
"""How long what comes after the first is told together with it: people write in several messages."""


@dataclass(frozen=True, slots=True)
class Gathered:
    """How much came to a case."""

    case: UUID
    texts: int
    photos: int
    files: int


class CaseReply(Model):
    """What came to one case since an instant."""

    case_id = fields.UUIDField(primary_key=True)
    since = fields.DatetimeField(db_index=True)
    texts = fields.IntField()
    photos = fields.IntField()
    files = fields.IntField()

    class Meta:
        table = "case_reply"

    @classmethod
    async def add(cls, case: UUID, now: datetime, *, texts: int = 0, photos: int = 0, files: int = 0) -> None:
        """Something came. One statement, so that nothing is told twice or forgotten while it is told."""
        await fetch(
            "INSERT INTO case_reply (case_id, since, texts, photos, files) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (case_id) DO UPDATE SET texts = case_reply.texts + excluded.texts,"
            " photos = case_reply.photos + excluded.photos, files = case_reply.files + excluded.files"
            " RETURNING case_id",
            str(case),
            now,
            texts,
            photos,
            files,
        )

    @classmethod
    async def gathered(cls, now: datetime, limit: int) -> list[Gathered]:
        """What has been gathered for long enough, of up to ``limit`` cases; it counts as told. Inside a
        transaction."""
        rows = await fetch(
            "DELETE FROM case_reply WHERE case_id IN"
            " (SELECT case_id FROM case_reply WHERE since <= ? ORDER BY since LIMIT ?)"
            " RETURNING case_id, texts, photos, files",
            now - GATHER,
            limit,
        )
        return [Gathered(as_uuid(row["case_id"]), row["texts"], row["photos"], row["files"]) for row in rows]
