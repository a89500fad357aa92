"""One-time codes: what was sent is never stored, only a peppered fingerprint of it."""

from __future__ import annotations

import hmac
import secrets
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from tortoise import fields
from tortoise.models import Model

from chatbot.messages import Kind
from models.chat import Chat
from models.keys import new_id, ring
from models.tally import Limit, Tally

LIFE = timedelta(minutes=5)
"""How long a code can be used."""

WRONG_GUESSES = Limit("guess.contact", 5, timedelta(hours=24))
WRONG_FROM_NETWORK = Limit("guess.network", 20, timedelta(hours=1))
WRONG_FACTS = Limit("guess.record", 5, timedelta(hours=24))
SENDS_TO_CONTACT = Limit("send.contact", 4, timedelta(hours=1))
SENDS_FROM_CHAT = Limit("send.chat", 6, timedelta(hours=1))
SENDS_FROM_NETWORK = Limit("send.network", 30, timedelta(hours=1))

SENDS_IN_ALL = Limit("send.all", 480, timedelta(hours=2))
"""All codes of one clock hour, whoever asks: a shop's own customers never come near. From ALARM_FROM on
staff are told, from SLOW_FROM on each code waits, past the limit none is sent."""
ALARM_FROM = 120
SLOW_FROM = 240
SLOW_BY = timedelta(seconds=30)


class Check(StrEnum):
    """What a guess came to."""

    RIGHT = "right"
    WRONG = "wrong"
    EXPIRED = "expired"
    SHUT = "shut"
    """Too many wrong guesses for this contact: even the right code no longer counts."""


class Code(Model):
    """A code that was sent from a chat to a contact.

    ``real`` is false where nothing was sent because
    the contact is not on file: such a code can never be guessed.
    """

    id = fields.UUIDField(primary_key=True)
    chat: fields.ForeignKeyRelation[Chat] = fields.ForeignKeyField(
        "models.Chat", related_name="codes", db_index=True
    )
    kind = fields.CharEnumField(Kind, description="", max_length=10)
    value_index = fields.CharField(64, db_index=True)
    digest = fields.BinaryField()
    real = fields.BooleanField()
    sent_at = fields.DatetimeField()
    expires_at = fields.DatetimeField(db_index=True)
    used_at = fields.DatetimeField(null=True)

    class Meta:
        table = "code"

    @classmethod
    async def issue(cls, chat: UUID, kind: Kind, value: str, *, real: bool, now: datetime) -> str:
        """Make a code of six digits for a contact, in place of any earlier one of this chat for it.
        Returns the plain code, which is stored nowhere here."""
        index = ring().blind_index(kind, value)
        await cls.filter(chat_id=chat, value_index=index).delete()
        plain = f"{secrets.randbelow(1_000_000):06d}"
        identity = new_id()
        await cls.create(
            id=identity,
            chat_id=chat,
            kind=kind,
            value_index=index,
            digest=ring().code_digest(plain, identity.bytes),
            real=real,
            sent_at=now,
            expires_at=now + LIFE,
        )
        return plain

    @classmethod
    async def charge_all(cls, wall: datetime) -> int:
        """Count a sending against the cap over all; how many that makes in this clock hour."""
        return await Tally.charge(SENDS_IN_ALL, f"{wall:%Y-%m-%dT%H}", wall)

    @classmethod
    async def guess(
        cls, chat: UUID, kind: Kind, value: str, typed: str, *, now: datetime, wall: datetime
    ) -> tuple[Check, int]:
        """Check a guess. Returns what it came to and how many wrong ones so far count against the
        contact, whoever made them.

        The guess is counted before it is compared, in one statement: of a hundred at once only five
        are compared at all.
        """
        index = ring().blind_index(kind, value)
        count = await Tally.charge(WRONG_GUESSES, index, wall)
        if count > WRONG_GUESSES.most:
            return Check.SHUT, count
        row = await cls.filter(chat_id=chat, value_index=index, used_at=None).order_by("-sent_at").first()
        digest = row.digest if row else b"\0" * 32
        nonce = row.id.bytes if row else b"\0" * 16
        equal = hmac.compare_digest(bytes(digest), ring().code_digest(typed, nonce))
        if row is None or row.expires_at <= now:
            await Tally.give_back(WRONG_GUESSES, index)
            return Check.EXPIRED, count - 1
        if not (equal and row.real):
            return (Check.SHUT if count == WRONG_GUESSES.most else Check.WRONG), count
        if not await cls.filter(id=row.id, used_at=None).update(used_at=now):
            return Check.EXPIRED, count
        await Tally.give_back(WRONG_GUESSES, index)
        return Check.RIGHT, count - 1

    @classmethod
    async def forget(cls, before: datetime, limit: int) -> int:
        """Drop up to ``limit`` codes that expired before an instant; how many went."""
        ids = await cls.filter(expires_at__lt=before).limit(limit).values_list("id", flat=True)
        return await cls.filter(id__in=ids).delete() if ids else 0
