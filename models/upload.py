"""Files that customers sent to our own server: sealed on disk, known here."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from tortoise import fields
from tortoise.models import Model

from chatbot.messages import FileRef
from models.chat import Chat
from models.database import fetch


class Upload(Model):
    """A spooled file.

    The file's name on disk is the id; its own name is sealed. ``sha256`` is of the
    plain bytes. ``kept_at`` is set when a conversation has taken the file; the others are swept.
    """

    id = fields.UUIDField(primary_key=True)
    chat: fields.ForeignKeyRelation[Chat] = fields.ForeignKeyField(
        "models.Chat", related_name="uploads", db_index=True
    )
    name = fields.BinaryField()
    mime = fields.CharField(100)
    size = fields.BigIntField()
    sha256 = fields.CharField(64)
    spooled_at = fields.DatetimeField(db_index=True)
    kept_at = fields.DatetimeField(null=True)

    class Meta:
        table = "upload"

    @classmethod
    async def unkept(cls, chat: UUID | None) -> tuple[int, int]:
        """The bytes that no conversation has taken: of a chat, and of all."""
        [row] = await fetch(
            "SELECT COALESCE(SUM(CASE WHEN chat_id = ? THEN size ELSE 0 END), 0) AS own,"
            " COALESCE(SUM(size), 0) AS whole FROM upload WHERE kept_at IS NULL",
            str(chat) if chat else None,
        )
        return int(row["own"]), int(row["whole"])

    @classmethod
    async def keep(cls, chat: UUID, files: Sequence[FileRef], now: datetime) -> None:
        """Let no sweep take those of the files that a chat uploaded to us."""
        ids = [identity for file in files if (identity := as_id(file.handle))]
        await cls.filter(chat_id=chat, id__in=ids).update(kept_at=now)


def as_id(handle: str) -> UUID | None:
    """The id that a handle of ours names; None for another channel's."""
    try:
        return UUID(handle)
    except ValueError:
        return None
