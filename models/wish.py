"""The wish to speak with a person: kept until somebody has answered it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from pydantic import TypeAdapter
from tortoise import fields
from tortoise.models import Model

from chatbot.messages import FileRef
from models.chat import Chat
from models.keys import new_id
from models.upload import Upload


@dataclass(frozen=True, slots=True)
class Words:
    """What the customer wrote and attached, in order."""

    texts: tuple[str, ...] = field(default=(), repr=False)
    files: tuple[FileRef, ...] = ()


_words = TypeAdapter(Words)


MOST = 30
"""Words and files that a wish can hold: more is a conversation, and that is had with a person."""


class Wish(Model):
    """One wish, its words sealed under the key of its chat."""

    id = fields.UUIDField(primary_key=True)
    chat: fields.ForeignKeyRelation[Chat] = fields.ForeignKeyField(
        "models.Chat", related_name="wishes", db_index=True
    )
    words = fields.BinaryField(null=True)
    wished_at = fields.DatetimeField()
    answered_at = fields.DatetimeField(null=True)

    class Meta:
        table = "wish"

    @classmethod
    async def open_of(cls, chat: UUID) -> Wish | None:
        """The wish of a chat that nobody has answered yet."""
        return await cls.filter(chat_id=chat, answered_at=None).first()

    @classmethod
    async def count_waiting(cls) -> int:
        """How many wishes nobody has answered."""
        return await cls.filter(answered_at=None).count()

    @classmethod
    async def waiting(cls, limit: int) -> list[Wish]:
        """The wishes that nobody has answered, the oldest first, each with its chat and key."""
        open_ = cls.filter(answered_at=None).select_related("chat__key")
        return await open_.order_by("wished_at", "id").limit(limit)

    @classmethod
    async def find(cls, identity: UUID) -> Wish | None:
        """A wish with its chat and key."""
        return await cls.filter(id=identity).select_related("chat__key").first()

    async def answer(self, now: datetime) -> bool:
        """Somebody has answered it; False where somebody else was faster."""
        return bool(await Wish.filter(id=self.id, answered_at=None).update(answered_at=now))

    @classmethod
    async def add(cls, chat: UUID, now: datetime) -> Wish:
        """Record a wish."""
        return await cls.create(id=new_id(), chat_id=chat, wished_at=now)

    @classmethod
    async def append(
        cls, identity: UUID, chat: Chat, text: str | None, files: Sequence[FileRef], now: datetime
    ) -> bool:
        """Add words and files to an unanswered wish of a chat that is held; False where it is answered,
        or holds MOST additions already. Raises SealBroken."""
        wish = await cls.filter(id=identity, chat_id=chat.id, answered_at=None).first()
        held = wish.opened(chat) if wish else Words()
        if wish is None or len(held.texts) + len(held.files) >= MOST:
            return False
        words = Words((*held.texts, *([text] if text else [])), (*held.files, *files))
        wish.words = chat.key.seal(_words.dump_json(words), f"wish.words:{identity}")
        await wish.save(update_fields=["words"])
        await Upload.keep(chat.id, files, now)
        return True

    def opened(self, chat: Chat) -> Words:
        """The words. Raises SealBroken."""
        if self.words is None:
            return Words()
        return _words.validate_json(chat.key.unseal(self.words, f"wish.words:{self.id}"))
