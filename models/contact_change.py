"""A contact that the customer added, replaced or removed alone, and how it is undone.

Whoever holds a chat that was left open could do it too. So every contact on file before is warned, and for
72 hours whoever has one of them can undo it, also the one that was taken away, which opens nothing any more.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

from pydantic import TypeAdapter
from tortoise import fields
from tortoise.expressions import Q
from tortoise.models import Model

from chatbot.messages import Kind, Person
from chatbot.workdays import Calendar
from models.change import Change, ChangeKind
from models.chat import Chat
from models.customer import Customer, Profile
from models.data_request import DataRequest, RequestKind, RequestState
from models.deadline import Deadline
from models.event import Event, Tag
from models.keys import new_id, ring
from models.promises import Promise

UNDO = timedelta(hours=72)
"""How long a change of contacts can be undone."""


@dataclass(frozen=True, slots=True)
class _Contacts:
    """The contacts of a record as they were, and which of its fields the customer had corrected."""

    phone: str | None = field(repr=False)
    email: str | None = field(repr=False)
    added: tuple[tuple[Kind, str], ...] = field(repr=False)
    corrected: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Undoer:
    """Who undoes a change in a chat, by what is proven there."""

    chat: UUID
    proven: Sequence[tuple[Kind, str]] = field(repr=False)


_contacts = TypeAdapter(_Contacts)


class ContactChange(Model):
    """One change.

    ``chat`` is where it was made. ``before`` is sealed under the record's key, ``old_index`` is the blind
    index of a contact that was taken away, ``token`` the fingerprint of the link by which the warned undo it.
    """

    id = fields.UUIDField(primary_key=True)
    customer = fields.UUIDField(db_index=True)
    chat = fields.UUIDField()
    before = fields.BinaryField()
    old_index = fields.CharField(64, null=True, db_index=True)
    token = fields.CharField(64, unique=True)
    until = fields.DatetimeField(db_index=True)
    undone_at = fields.DatetimeField(null=True)

    class Meta:
        table = "contact_change"

    @classmethod
    async def make(
        cls, record: Customer, profile: Profile, gone: tuple[Kind, str] | None, chat: UUID, now: datetime
    ) -> str:
        """Give a record that is held other contacts. The token that undoes it, which stands nowhere else."""
        identity, token, old = new_id(), secrets.token_urlsafe(32), record.opened()
        before = _Contacts(old.phone, old.email, old.added, old.corrected)
        await record.correct(profile, now)
        await cls.create(
            id=identity,
            customer=record.id,
            chat=chat,
            before=record.key.seal(_contacts.dump_json(before), f"contact_change.before:{identity}"),
            old_index=ring().blind_index(*gone) if gone else None,
            token=_digest(token),
            until=now + UNDO,
        )
        await Event.record(Tag.CONTACT_CHANGED, now, chat=chat, customer=record.id)
        return token

    @classmethod
    async def undoable_by(
        cls, indexes: Sequence[str], records: Sequence[UUID], now: datetime
    ) -> list[ContactChange]:
        """The changes that contacts which were taken away (by their indexes), or contacts of records, can
        undo; the first one first."""
        mine = Q(old_index__in=list(indexes)) | Q(customer__in=list(records))
        return await cls.filter(mine, undone_at=None, until__gt=now).order_by("id")

    @classmethod
    async def against(cls, person: Person, now: datetime) -> list[ContactChange]:
        """The changes that somebody can undo by what is proven."""
        indexes = [ring().blind_index(one.kind, one.value) for one in person.contacts]
        return await cls.undoable_by(indexes, [one for had in person.contacts for one in had.records], now)

    @classmethod
    async def gone_from(cls, record: Customer, now: datetime) -> tuple[tuple[Kind, str], ...]:
        """The contacts that a record had and that can still undo a change. Raises SealBroken."""
        has = record.opened().contacts
        found: dict[tuple[Kind, str], None] = {}
        for change in await cls.undoable_by([], [record.id], now):
            before = change._opened(record)
            own = ((Kind.PHONE, before.phone), (Kind.EMAIL, before.email))
            found |= dict.fromkeys((*((kind, value) for kind, value in own if value), *before.added))
        return tuple(one for one in found if one not in has)

    @classmethod
    async def by_token(cls, token: str) -> ContactChange | None:
        """The change that a link's token undoes."""
        return await cls.get_or_none(token=_digest(token))

    async def undo(
        self, now: datetime, calendar: Calendar, *, elsewhere: bool, by: Undoer | None = None
    ) -> DataRequest | None:
        """Give the record back the contacts that it had; later changes are undone with it. That is a request
        of its own: done at once, or, with other systems ``elsewhere``, open with a change for them. ``by`` is
        who does it in a chat, else it is done by the link. None where the time is over, or it was undone
        already. Inside a transaction. Raises SealBroken, OutsideCalendar."""
        record = await Customer.hold(self.customer)
        rest = ContactChange.filter(customer=self.customer, undone_at=None, id__gte=self.id)
        if record is None or not await rest.filter(until__gt=now, id=self.id).exists():
            return None
        await rest.update(undone_at=now)
        had, held = self._opened(record), record.opened()
        others = {name for name in held.corrected if name not in ("phone", "email")}
        contacts = {name for name in had.corrected if name in ("phone", "email")}
        corrected = tuple(sorted(others | contacts))
        restored = replace(held, phone=had.phone, email=had.email, added=had.added, corrected=corrected)
        request = await self._request(restored, now, calendar, by)
        if elsewhere:
            # Before the record is changed: the other systems know the person as they are now.
            kinds = [kind for kind in Kind if _of(kind, held) != _of(kind, restored)]
            await Change.enter(request, ChangeKind.CORRECTED, kinds, now)
        else:
            await request.close(RequestState.DONE, now)
        await record.correct(restored, now)
        detail = "chat" if by else "link"
        await Event.record(Tag.CONTACT_UNDONE, now, chat=self.chat, customer=record.id, detail=detail)
        return request

    async def _request(
        self, restored: Profile, now: datetime, calendar: Calendar, by: Undoer | None
    ) -> DataRequest:
        """The request in the register, answered by what is said on the spot. What is told later goes to the
        chat, else to a contact that the record has again."""
        proven = by.proven if by else ()
        contact = next((one for one in restored.contacts if one in proven), restored.contacts[0])
        chat = await Chat.get_or_none(id=self.chat)
        request = await DataRequest.file(
            RequestKind.CORRECT,
            customer=self.customer,
            who_index=ring().blind_index(*contact),
            arrived=now,
            calendar=calendar,
            asked=None,
            chat=by.chat if by else None,
            contact=None if by else contact[1],
            language=chat.language if chat else None,
        )
        await Deadline.meet(request.id, Promise.ANSWER, now)
        await Event.record(
            Tag.REQUEST_OPENED, now, chat=request.chat, customer=self.customer, request=request.id
        )
        return request

    def _opened(self, record: Customer) -> _Contacts:
        return _contacts.validate_json(record.key.unseal(self.before, f"contact_change.before:{self.id}"))

    @classmethod
    async def forget(cls, now: datetime, limit: int) -> int:
        """Drop up to ``limit`` changes that can be undone no more; how many went."""
        ids = await cls.filter(until__lte=now).limit(limit).values_list("id", flat=True)
        return await cls.filter(id__in=ids).delete() if ids else 0


def _digest(token: str) -> str:
    return ring().code_digest(token, b"contact change").hex()


def _of(kind: Kind, profile: Profile) -> list[str]:
    return [value for one, value in profile.contacts if one == kind]
