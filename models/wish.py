"""The wish to speak with a person: kept until somebody has answered it.

Who acts for somebody else (a child, somebody who authorised them, somebody who died) is such a wish as well:
a person looks at their papers, and decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from pydantic import TypeAdapter
from tortoise import fields
from tortoise.models import Model

from chatbot.crypto import SealBroken
from chatbot.messages import FileRef
from models.chat import Chat
from models.keys import new_id
from models.upload import Upload


class For(StrEnum):
    """For whom somebody speaks. Stored, so never renamed."""

    SELF = "self"
    CHILD = "child"
    """A child under 16, whose rights its legal representative exercises (Law 91/2025 Art. 24(2); Law on
    Children 102/2016 Art. 1)."""
    AUTHORISED = "authorised"
    """Somebody who authorised them."""
    DIED = "died"
    """Somebody who has died."""


class Want(StrEnum):
    """What a representative wants. Stored, so never renamed."""

    SEE = "see"
    CORRECT = "correct"
    ERASE = "erase"
    COMPLAIN = "complain"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Words:
    """What the customer wrote and attached, in order; what a representative wants."""

    texts: tuple[str, ...] = field(default=(), repr=False)
    files: tuple[FileRef, ...] = ()
    want: Want | None = None


_words = TypeAdapter(Words)


MOST = 30
"""Words and files that a wish can hold: more is a conversation, and that is had with a person."""


class Wish(Model):
    """One wish, its words sealed under the key of its chat."""

    id = fields.UUIDField(primary_key=True)
    chat: fields.ForeignKeyRelation[Chat] = fields.ForeignKeyField(
        "models.Chat", related_name="wishes", db_index=True
    )
    for_whom = fields.CharEnumField(For, description="", max_length=10, default=For.SELF)
    words = fields.BinaryField(null=True)
    wished_at = fields.DatetimeField()
    answered_at = fields.DatetimeField(null=True)

    class Meta:
        table = "wish"

    @classmethod
    async def open_of(cls, chat: UUID) -> Wish | None:
        """The wish of a chat for its own sake that nobody has answered yet."""
        return await cls.filter(chat_id=chat, for_whom=For.SELF, answered_at=None).first()

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
    async def represent(
        cls, chat: Chat, for_whom: For, want: Want, texts: Sequence[str], now: datetime
    ) -> Wish:
        """Record the wish of somebody who acts for somebody else, of a chat that is held."""
        identity = new_id()
        words = Words(tuple(texts), want=want)
        return await cls.create(
            id=identity, chat=chat, for_whom=for_whom, words=_sealed(chat, identity, words), wished_at=now
        )

    @classmethod
    async def append(
        cls, identity: UUID, chat: Chat, text: str | None, files: Sequence[FileRef], now: datetime
    ) -> bool:
        """Add words and files to a wish of a chat that is held; False where it holds MOST additions already.
        Raises SealBroken."""
        wish = await cls.filter(id=identity, chat_id=chat.id).first()
        held = wish.opened(chat) if wish else Words()
        if wish is None or len(held.texts) + len(held.files) >= MOST:
            return False
        words = Words((*held.texts, *([text] if text else [])), (*held.files, *files), held.want)
        wish.words = _sealed(chat, identity, words)
        await wish.save(update_fields=["words"])
        await Upload.keep(chat.id, files, now)
        return True

    @classmethod
    async def reopen(cls, identity: UUID, now: datetime) -> bool:
        """A wish that was answered waits again, since now; False where it does so already."""
        answered = cls.filter(id=identity, answered_at__not_isnull=True)
        return bool(await answered.update(answered_at=None, wished_at=now))

    def opened(self, chat: Chat) -> Words:
        """The words. Raises SealBroken."""
        if self.words is None:
            return Words()
        return _words.validate_json(chat.key.unseal(self.words, f"wish.words:{self.id}"))

    def readable(self, chat: Chat) -> Words | None:
        """The words; None where they open no more."""
        try:
            return self.opened(chat)
        except SealBroken:
            return None


def _sealed(chat: Chat, wish: UUID, words: Words) -> bytes:
    return chat.key.seal(_words.dump_json(words), f"wish.words:{wish}")
