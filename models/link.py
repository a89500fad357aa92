"""One-time links to a page of our own server."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from uuid import UUID

from tortoise import fields
from tortoise.models import Model

from chatbot.messages import Kind
from models.customer import ContactPoint
from models.keys import ring

LIFE = timedelta(minutes=10)
"""How long a link can be used."""


class PageLink(Model):
    """A link that opens one record once. Only a peppered fingerprint of its token is stored."""

    digest = fields.CharField(64, primary_key=True)
    chat = fields.UUIDField(db_index=True)
    customer = fields.UUIDField(db_index=True)
    value_index = fields.CharField(64)
    expires_at = fields.DatetimeField(db_index=True)
    spent_at = fields.DatetimeField(null=True)

    class Meta:
        table = "page_link"

    @classmethod
    async def make(cls, chat: UUID, customer: UUID, proven: tuple[Kind, str], now: datetime) -> str:
        """A new link's token, which stands nowhere else. The link opens the record only while the
        contact that was proven for it still stands in it."""
        token = secrets.token_urlsafe(32)
        await cls.create(
            digest=cls._digest(token),
            chat=chat,
            customer=customer,
            value_index=ring().blind_index(*proven),
            expires_at=now + LIFE,
        )
        return token

    @classmethod
    async def spend(cls, token: str, now: datetime) -> PageLink | None:
        """Use a link up; None where there is none, or it is spent or too old. Inside a transaction."""
        digest = cls._digest(token)
        spent = await cls.filter(digest=digest, spent_at=None, expires_at__gt=now).update(spent_at=now)
        if not spent:
            return None
        link = await cls.get(digest=digest)
        behind = ContactPoint.filter(customer_id=link.customer, value_index=link.value_index)
        return link if await behind.exists() else None

    @classmethod
    async def revoke(cls, chat: UUID) -> None:
        """The unspent links of a chat open nothing any more."""
        await cls.filter(chat=chat, spent_at=None).delete()

    @classmethod
    async def forget(cls, before: datetime, limit: int) -> int:
        """Drop up to ``limit`` links that expired before an instant; how many went."""
        ids = await cls.filter(expires_at__lt=before).limit(limit).values_list("digest", flat=True)
        return await cls.filter(digest__in=ids).delete() if ids else 0

    @staticmethod
    def _digest(token: str) -> str:
        return ring().code_digest(token, b"page link").hex()
