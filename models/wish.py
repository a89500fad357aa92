"""The wish to speak with a person: kept until somebody has answered it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from pydantic import TypeAdapter
from tortoise import fields
from tortoise.models import Model

from chatbot.messages import FileRef
from models.chat import Chat
from models.keys import new_id


@dataclass(frozen=True, slots=True)
class Words:
    """What the customer wrote and attached."""

    text: str | None = field(default=None, repr=False)
    files: tuple[FileRef, ...] = ()


_words = TypeAdapter(Words)


class Wish(Model):
    """One wish, its words sealed under the key of its chat."""

    id = fields.UUIDField(primary_key=True)
    chat: fields.ForeignKeyRelation[Chat] = fields.ForeignKeyField(
        "models.Chat", related_name="wishes", db_index=True
    )
    words = fields.BinaryField()
    wished_at = fields.DatetimeField()
    answered_at = fields.DatetimeField(null=True)

    class Meta:
        table = "wish"

    @classmethod
    async def add(cls, chat: Chat, words: Words, now: datetime) -> Wish:
        """Keep a wish."""
        identity = new_id()
        sealed = chat.key.seal(_words.dump_json(words), f"wish.words:{identity}")
        return await cls.create(id=identity, chat=chat, words=sealed, wished_at=now)

    def opened(self) -> Words:
        """The words; ``chat`` and its key must be loaded. Raises SealBroken."""
        return _words.validate_json(self.chat.key.unseal(self.words, f"wish.words:{self.id}"))
