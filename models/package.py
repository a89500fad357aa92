"""A copy of a customer's data to take along: asked for, made in the background, fetched by a one-time link.

The row goes with its file, at the latest 24 hours after the package was ready.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from tortoise import fields
from tortoise.models import Model

from chatbot.messages import Kind
from models.customer import ContactPoint
from models.database import fetch
from models.event import Event, Tag
from models.keys import new_id, ring
from models.tally import Limit

LIFE = timedelta(hours=24)
"""How long a package can be fetched; also how long it is tried to make one."""
AGAIN = timedelta(minutes=30)
"""How long the browser that has fetched a package may fetch it again: downloads break off."""
HELD = timedelta(minutes=2)
"""How long a package that is being made is left alone by others, in real time; then it is made anew."""
ASKS = Limit("package.ask", 5, timedelta(days=1))
"""How often one customer may ask: each package is work for the whole desk."""


class PackageState(StrEnum):
    """Where a package stands. Stored, so never renamed."""

    ASKED = "asked"
    READY = "ready"
    FETCHED = "fetched"


class Package(Model):
    """One package, by the id that its sealed file has too.

    ``request`` is its entry in the register.
    ``value_index`` is the contact proven when it was asked for: the link opens it only while that stands in
    the record. ``digest`` and ``browser`` are peppered fingerprints, of the link's token and of a secret of
    the browser that spent it. ``size`` is in bytes, ``next_at`` real time, ``ends_at`` when the package goes.
    """

    id = fields.UUIDField(primary_key=True)
    chat = fields.UUIDField(db_index=True)
    customer = fields.UUIDField(db_index=True)
    request = fields.UUIDField()
    value_index = fields.CharField(64)
    state = fields.CharEnumField(PackageState, description="", max_length=10)
    digest = fields.CharField(64, null=True, unique=True)
    browser = fields.CharField(64, null=True)
    size = fields.BigIntField(null=True)
    asked_at = fields.DatetimeField()
    next_at = fields.DatetimeField(null=True, db_index=True)
    ends_at = fields.DatetimeField(db_index=True)

    class Meta:
        table = "package"

    @classmethod
    async def is_asked(cls, chat: UUID, customer: UUID, now: datetime) -> bool:
        """Whether one is already being made for this chat."""
        mine = cls.filter(customer=customer, ends_at__gt=now)
        return await mine.filter(chat=chat, state=PackageState.ASKED).exists()

    @classmethod
    async def ask(
        cls,
        chat: UUID,
        customer: UUID,
        proven: tuple[Kind, str],
        request: UUID,
        now: datetime,
        wall: datetime,
    ) -> None:
        """Ask for a package, as a request in the register did. A customer has one at a time: an earlier one
        goes."""
        await cls.filter(customer=customer, ends_at__gt=now).update(ends_at=now)
        await cls.create(
            id=new_id(),
            chat=chat,
            customer=customer,
            request=request,
            value_index=ring().blind_index(*proven),
            state=PackageState.ASKED,
            asked_at=now,
            next_at=wall,
            ends_at=now + LIFE,
        )
        await Event.record(Tag.PACKAGE_ASKED, now, chat=chat, customer=customer)

    @classmethod
    async def due(cls, now: datetime, wall: datetime) -> Package | None:
        """The package to be made now, the oldest first. It is not due again for HELD."""
        waiting = cls.filter(state=PackageState.ASKED, next_at__lte=wall, ends_at__gt=now)
        found = await waiting.order_by("next_at", "id").first()
        if found:
            await cls.filter(id=found.id).update(next_at=wall + HELD)
        return found

    async def ready(self, size: int, now: datetime) -> str | None:
        """The package is made: the token of its link, which stands nowhere else. None where it is wanted no
        longer, or another process was faster. Inside a transaction."""
        if not await self._opens():
            return None
        token = secrets.token_urlsafe(32)
        waiting = Package.filter(id=self.id, state=PackageState.ASKED, ends_at__gt=now)
        made = await waiting.update(
            state=PackageState.READY,
            digest=_digest(token),
            size=size,
            next_at=None,
            ends_at=now + LIFE,
        )
        if not made:
            return None
        await Event.record(Tag.PACKAGE_READY, now, chat=self.chat, customer=self.customer)
        return token

    @classmethod
    async def fetch(cls, token: str, browser: str, now: datetime) -> Package | None:
        """Spend a link for a browser; the same browser may come again for AGAIN. None where there is no such
        package, or it is another browser's. Inside a transaction."""
        digest, by = _digest(token), _digest(browser)
        open_ = cls.filter(digest=digest, ends_at__gt=now)
        spent = await open_.filter(state=PackageState.READY).update(state=PackageState.FETCHED, browser=by)
        package = await open_.filter(browser=by).first()
        if package is None or not await package._opens():
            return None
        if spent:
            package.ends_at = min(package.ends_at, now + AGAIN)
            await package.save(update_fields=["ends_at"])
            await Event.record(Tag.PACKAGE_FETCHED, now, chat=package.chat, customer=package.customer)
        return package

    @classmethod
    async def withdraw(cls, chat: UUID, now: datetime) -> None:
        """The packages asked for in a chat can be fetched no longer."""
        await cls.filter(chat=chat, ends_at__gt=now).update(ends_at=now)

    @classmethod
    async def ended(cls, now: datetime, limit: int) -> list[Package]:
        """Up to ``limit`` packages whose time is over, or whose record is gone."""
        rows = await fetch(
            "SELECT package.id FROM package LEFT JOIN customer ON customer.id = package.customer"
            " WHERE package.ends_at <= ? OR customer.id IS NULL LIMIT ?",
            now,
            limit,
        )
        return await cls.filter(id__in=[row["id"] for row in rows]) if rows else []

    @classmethod
    async def kept(cls, ids: Sequence[UUID]) -> set[UUID]:
        """Those of the ids whose files are to be kept."""
        return {one.id for one in await cls.filter(id__in=ids).only("id")}

    async def _opens(self) -> bool:
        """Whether the record is still there, and the contact still in it."""
        behind = ContactPoint.filter(customer_id=self.customer, value_index=self.value_index)
        return await behind.exists()


def _digest(secret: str) -> str:
    return ring().code_digest(secret, b"package").hex()
