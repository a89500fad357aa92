"""An erasure of a customer record: frozen first, so that one may change one's mind, then carried out.

    asked -> undone
         '-> begun -> gone

While a record is frozen ``Customer.load`` and ``Customer.hold`` find none: it is shown, used and sent to
nobody. How it is carried out is in ``models/erasing.py``; the row goes when all is done, and what stays is in
the ledger (``models/erased.py``).
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from tortoise import fields
from tortoise.models import Model

from models.change import Change
from models.customer import BEGUN_ANEW, Customer
from models.data_request import DataRequest, RequestKind, RequestState
from models.database import fetch
from models.event import Event, Tag
from models.keys import ring
from models.link import PageLink
from models.outgoing import Outgoing, State
from models.package import Package
from models.proof import Proof

LAST_WORDS = timedelta(hours=1)
"""How long an erasure that is due waits for messages that are on their way: that it was asked for, say."""


class Why(StrEnum):
    """Why a record is erased. Stored, so never renamed."""

    ASKED = "asked"
    """The customer asked for it (policy, section 7)."""
    RETENTION = "retention"
    """The period of retention has ended (policy, section 3)."""


class Erasure(Model):
    """One erasure, by the id of the record.

    ``request`` is its entry in the register, ``chat`` where it was asked for and where its end is told,
    ``token`` the fingerprint of the link by which the warned undo it. From ``due_at`` on it is carried out,
    and from ``begun_at`` on nothing stops it any more. ``cases`` is how many cases stay.
    """

    id = fields.UUIDField(primary_key=True)
    why = fields.CharEnumField(Why, description="", max_length=10)
    request = fields.UUIDField(null=True)
    chat = fields.UUIDField(null=True, db_index=True)
    asked_at = fields.DatetimeField()
    due_at = fields.DatetimeField(db_index=True)
    begun_at = fields.DatetimeField(null=True)
    cases = fields.IntField(default=0)
    token = fields.CharField(64, null=True, unique=True)

    class Meta:
        table = "erasure"

    @classmethod
    async def begin(
        cls,
        customer: Customer,
        why: Why,
        *,
        due_at: datetime,
        now: datetime,
        request: UUID | None = None,
        chat: UUID | None = None,
    ) -> Erasure:
        """Freeze a record that is held, to be erased from ``due_at`` on: links and packages open nothing any
        more, what was shown of it is hidden, what was to be sent about it is not. Inside a transaction."""
        await Customer.filter(id=customer.id).update(frozen_at=now)
        await PageLink.filter(customer=customer.id, spent_at=None).delete()
        await Package.filter(customer=customer.id, ends_at__gt=now).update(ends_at=now)
        unsent = Outgoing.filter(subject=customer.id, state=State.QUEUED)
        await unsent.update(state=State.FAILED, reason="frozen", payload=None, target=None)
        for shown in await Proof.filter(opened=customer.id, ended_at=None).select_related("chat"):
            await Outgoing.hide(shown.chat)
        erasure = await cls.create(
            id=customer.id, why=why, request=request, chat=chat, asked_at=now, due_at=due_at
        )
        await Event.record(
            Tag.ERASURE_ASKED, now, chat=chat, customer=customer.id, request=request, detail=why
        )
        return erasure

    async def link(self) -> str:
        """The token by which whoever is warned undoes it; it stands nowhere else. Inside a transaction."""
        token = secrets.token_urlsafe(32)
        await Erasure.filter(id=self.id).update(token=_digest(token))
        return token

    @classmethod
    async def by_token(cls, token: str) -> Erasure | None:
        """The erasure that a link's token undoes."""
        return await cls.get_or_none(token=_digest(token))

    @classmethod
    async def of(cls, records: Sequence[UUID]) -> list[Erasure]:
        """Those of the records that wait."""
        return await cls.filter(id__in=list(records)) if records else []

    async def undo(self, chat: UUID | None, now: datetime) -> bool:
        """The customer has changed their mind (in a chat, or by the link), which is a contact: the record is
        as it was, its year begins anew, and the request is taken back. False where the erasure has begun.
        Inside a transaction."""
        await Customer.filter(id=self.id).select_for_update().first()  # before the erasure, as it begins
        if not await Erasure.filter(id=self.id, begun_at=None).delete():
            return False
        await Customer.filter(id=self.id).update(frozen_at=None, **BEGUN_ANEW)
        await Customer.touched(self.id, now)
        await Event.record(Tag.ERASURE_UNDONE, now, chat=chat, customer=self.id, request=self.request)
        request = await DataRequest.get_or_none(id=self.request) if self.request else None
        if request:
            await request.close(RequestState.WITHDRAWN, now)
        return True

    @classmethod
    async def due(cls, now: datetime, limit: int) -> list[Erasure]:
        """Those to be begun now, the oldest first. What was still to be said in chats where the record stood
        open goes out before, if it can within LAST_WORDS."""
        rows = await fetch(_DUE, now, now - LAST_WORDS, limit)
        return await cls.filter(id__in=[row["id"] for row in rows]).order_by("due_at", "id") if rows else []

    async def take(self, now: datetime) -> bool:
        """It begins; False where it was begun, undone or put under a hold meanwhile. Inside a transaction."""
        return bool(await fetch(_TAKE, now, str(self.id)))

    @classmethod
    async def removed(cls, limit: int) -> list[Erasure]:
        """Those of which every subject is removed, the oldest first."""
        rows = await fetch(_REMOVED, limit)
        return await cls.filter(id__in=[row["id"] for row in rows]).order_by("begun_at", "id") if rows else []


_MAY_BEGIN = """begun_at IS NULL AND NOT EXISTS (
    SELECT 1 FROM legal_hold WHERE legal_hold.subject = erasure.id AND legal_hold.lifted_at IS NULL
)"""
"""It has not yet, and no hold stands on the record (``models/legal_hold.py``)."""

_DUE = f"""
SELECT id FROM erasure
WHERE due_at <= ? AND {_MAY_BEGIN} AND (
    due_at <= ? OR NOT EXISTS (
        SELECT 1 FROM event JOIN outgoing ON outgoing.subject = event.chat
        WHERE event.customer = erasure.id AND event.tag = '{Tag.RECORD_OPENED}'
            AND outgoing.state IN ('queued', 'sending')
    )
)
ORDER BY due_at, id LIMIT ?
"""

_TAKE = f"UPDATE erasure SET begun_at = ? WHERE id = ? AND {_MAY_BEGIN} RETURNING 1 AS one"


async def unconfirmed(request: DataRequest) -> bool:
    """Whether a request asks to erase a record, and nobody who has proven a contact of that has confirmed
    it: until then nothing comes of it."""
    if request.kind is not RequestKind.ERASE or request.state is not RequestState.OPEN:
        return False
    begun = await Erasure.exists(request=request.id) or await Change.exists(request=request.id)
    return not begun and await request.key() is not None


_REMOVED = """
SELECT erasure.id FROM erasure
WHERE erasure.begun_at IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM removal WHERE removal.erasure = erasure.id AND removal.farewell_until IS NULL
)
ORDER BY erasure.begun_at, erasure.id LIMIT ?
"""


def _digest(token: str) -> str:
    return ring().code_digest(token, b"erasure").hex()
