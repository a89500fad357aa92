"""What came in: each delivery once. The first statement of every message's transaction."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from pydantic import TypeAdapter
from tortoise import fields
from tortoise.models import Model

from chatbot.messages import Inbound, StaffInbound
from models.chat import Chat
from models.database import fetch
from models.keys import SYSTEM, SubjectKey

_inbound = TypeAdapter(Inbound)


class Fate(StrEnum):
    """What became of a delivery."""

    HANDLED = "handled"
    FAILED = "failed"
    """A bug stopped it; the sealed message is kept so that it can be played again."""
    LATE = "late"
    """Older than the question then open: kept, never taken as its answer."""
    EDITED = "edited"
    """A later version of a message that was handled before: both versions are kept."""


class Delivery(Model):
    """One delivery of a channel.

    ``message`` is sealed, and kept only where the fate asks for it.
    """

    id = fields.BigIntField(primary_key=True)
    channel = fields.CharField(20)
    delivery = fields.CharField(80)
    received_at = fields.DatetimeField(db_index=True)
    fate = fields.CharEnumField(Fate, description="", max_length=10, default=Fate.HANDLED)
    subject = fields.UUIDField(null=True, db_index=True)
    message = fields.BinaryField(null=True)

    class Meta:
        table = "delivery"
        unique_together = (("channel", "delivery"),)

    @classmethod
    async def register(cls, message: Inbound | StaffInbound, received_at: datetime) -> bool:
        """Record a delivery; False where it was seen before. Writes before anything is read, so that
        the transaction has the write lock from its first statement on."""
        rows = await fetch(
            "INSERT INTO delivery (channel, delivery, received_at, fate) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (channel, delivery) DO NOTHING RETURNING id",
            message.address.channel,
            message.delivery,
            received_at,
            Fate.HANDLED.value,
        )
        return bool(rows)

    @classmethod
    async def keep(cls, message: Inbound, fate: Fate, chat: Chat | None) -> None:
        """Keep a message that was not taken as an answer, sealed under the chat's key, or under the
        system's where its chat could not be stored."""
        row = await cls.get(channel=message.address.channel, delivery=message.delivery)
        key = chat.key if chat else await SubjectKey.of(SYSTEM)
        row.fate, row.subject = fate, key.id
        row.message = key.seal(_inbound.dump_json(message), f"delivery.message:{row.id}")
        await row.save(update_fields=["fate", "subject", "message"])

    async def opened(self) -> Inbound:
        """The kept message. Raises SealBroken; DoesNotExist where its key is destroyed."""
        if self.subject is None or self.message is None:
            raise ValueError("this delivery keeps no message")
        key = await SubjectKey.of(self.subject)
        return _inbound.validate_json(key.unseal(self.message, f"delivery.message:{self.id}"))

    @classmethod
    async def forget(cls, before: datetime, limit: int) -> int:
        """Drop up to ``limit`` handled deliveries received before an instant; how many went. Those that
        keep a message go with ``forget_kept``.

        No channel repeats a delivery after days (Telegram: 24 hours), so the rows serve no more."""
        ids = await cls.filter(received_at__lt=before, message=None).limit(limit).values_list("id", flat=True)
        return await cls.filter(id__in=ids).delete() if ids else 0

    @classmethod
    async def forget_kept(cls, before: datetime, limit: int) -> int:
        """Drop up to ``limit`` kept messages received before an instant; how many went."""
        ids = await cls.filter(received_at__lt=before).limit(limit).values_list("id", flat=True)
        return await cls.filter(id__in=ids).delete() if ids else 0


KEPT = timedelta(days=30)
"""How long handled deliveries are remembered."""
