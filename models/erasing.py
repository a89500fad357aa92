"""Carrying out the erasure of a customer record: the record, the chats that are wholly theirs, and what they
said in chats that they share.

    begin              one transaction: the keys go first, so nothing is readable or undone any more
    models/removal.py  rows and files, in batches
    of_shared          what was said in shared chats while this record alone stood open there
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chatbot.crypto import SealBroken
from chatbot.messages import Address, Kind
from chatbot.workdays import Calendar
from models.belonging import Share, cases_of, shares_of
from models.case import Case
from models.change import Change, ChangeKind
from models.chat import Chat
from models.customer import ContactPoint, Customer, Profile
from models.data_request import DataRequest, RequestKind, RequestState
from models.database import fetch
from models.deadline import Deadline
from models.erased import Erased, ErasedMark
from models.erasure import Erasure, Why
from models.event import Event, Tag
from models.inventory import INVENTORY
from models.keys import SubjectKey, new_id
from models.outgoing import Outgoing, lane_to
from models.promises import Promise
from models.proof import Proof
from models.removal import Removal


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What an erasure has to know of the desk: whether the shop has other systems, which must follow; the
    calendar by which it promises; and the outlet by which each kind of contact is reached."""

    elsewhere: bool
    calendar: Calendar
    outlets: Mapping[Kind, str]


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of one table, by their ids."""

    table: str
    ids: Sequence[object]


async def begin(erasure: Erasure, around: Surroundings, now: datetime) -> bool:
    """Begin an erasure; False where it was begun, undone or held meanwhile. Inside a transaction, and after
    it nobody can read or undo anything.

    A record that is not there any more (a backup was restored), or does not open, leaves the rest to be done
    all the same: then nobody is known to be told.
    """
    shares = await shares_of(erasure.id)
    # Chats before all else, in one order, as the engine holds them first, too; then the record, as whoever
    # puts it under a hold or keeps it does.
    held = [await Chat.hold_by_id(identity) for identity in sorted(shares)]
    own = [chat for chat in held if chat and shares[chat.id].whole]
    shared = [chat for chat in held if chat and not shares[chat.id].whole]
    record = await Customer.filter(id=erasure.id).select_for_update().first()
    if not await erasure.take(now):
        return False
    if record:
        record.key = await SubjectKey.of(erasure.id)
    erasure.cases = len(await cases_of(erasure.id, shares))
    profile = _opened(record) if record else None
    contacts = profile.contacts if profile else ()
    if record:
        await _withdraw_others(erasure, now)
        if profile and around.elsewhere:
            await _tell_elsewhere(erasure, record, around, now)
        await _forget_ways(contacts, around.outlets)
        await ErasedMark.note(await _marks(record), erasure.why, now)
    if erasure.why is Why.RETENTION:
        erasure.chat = _last_heard(own)
    reached = [one for chat in own if (one := await _Reached.of(chat, erasure.chat))]
    await Removal.begin([erasure.id, *(chat.id for chat in own)], now, erasure=erasure.id)
    for one in reached:
        anew = await one.again()
        await Removal.keep(anew.key, erasure.id, now)
        if one.chat.id == erasure.chat:
            erasure.chat = anew.id
    for chat in shared:
        await _leave(chat, erasure.id, now)
    if erasure.chat is None:
        await _keep_contact(contacts, erasure, around.outlets, now)
    await erasure.save(update_fields=["chat", "request", "cases"])
    await Event.record(
        Tag.ERASURE_BEGUN, now, customer=erasure.id, request=erasure.request, detail=erasure.why
    )
    return True


async def of_shared(customer: UUID) -> list[Rows]:
    """What somebody whose record is erased said, or was told, in chats that others have used, too. A letter
    of an open case stays with the case."""
    found: list[Rows] = []
    for chat, share in (await shares_of(customer)).items():
        for table, holding in INVENTORY.items():
            if holding.said and not share.whole:
                rows = await _in_spans(table, holding.subjects[0], holding.said, chat, share)
                found += [Rows(table, rows)] if rows else []
    return found


async def close_shared(customer: UUID) -> None:
    """Empty the open questions of shared chats that were asked while the record stood open, and let pages
    that are open there begin anew. Inside a transaction."""
    empty = {"conversation": None, "step": None, "state": None, "asked_at": None, "expires_at": None}
    for identity, share in (await shares_of(customer)).items():
        chat = await Chat.hold_by_id(identity)
        if chat:
            theirs = empty if chat.asked_at and share.has(chat.asked_at) else {}
            await Chat.filter(id=identity).update(hidden=chat.hidden + 1, **theirs)


async def reapply(now: datetime) -> None:
    """Do again, in data from before them, what the erasures in the ledger did where no key says so: to what
    somebody said in a chat that they share, and to counters. Inside a transaction."""
    await fetch("DELETE FROM tally WHERE key IN (SELECT CAST(id AS TEXT) FROM erased)")
    for gone in await Erased.all().order_by("id"):
        shares = await shares_of(gone.id)
        for identity, share in shares.items():
            if share.whole:
                await Erased.record(identity, now)
        if shares:
            for rows in await of_shared(gone.id):
                await drop(rows)
            await close_shared(gone.id)


async def drop(rows: Rows) -> int:
    """Delete rows; how many. Inside a transaction."""
    marks = ", ".join("?" * len(rows.ids))
    gone = await fetch(f'DELETE FROM "{rows.table}" WHERE id IN ({marks}) RETURNING 1 AS one', *rows.ids)
    return len(gone)


@dataclass(frozen=True, slots=True)
class _Reached:
    """A chat that goes, where it is reached, to be told something after its key is gone, and the open cases
    that are answered there, with their letters."""

    chat: Chat
    address: Address
    cases: list[UUID]
    letters: list[Outgoing]

    @classmethod
    async def of(cls, chat: Chat, told_in: UUID | None) -> _Reached | None:
        """None where nothing is to be told there, or nobody knows where that is."""
        cases: list[UUID] = await Case.filter(chat=chat.id, ended_at=None).values_list("id", flat=True)  # type: ignore[assignment]
        if not cases and chat.id != told_in:
            return None
        letters = Outgoing.filter(subject=chat.id, about__in=cases).order_by("id")
        with suppress(SealBroken):
            return cls(chat, chat.address, cases, await letters if cases else [])
        return None

    async def again(self) -> Chat:
        """A new chat at the same address that knows nothing of the old one but what open cases need: their
        letters, and that they are answered there. Pages that are open on our own server begin anew."""
        old = self.chat
        new = await Chat.hold(self.address, old.language, old.last_inbound_at)
        await Chat.filter(id=new.id).update(
            reachable=old.reachable, seen_seq=old.seen_seq, hidden=old.hidden + 1
        )
        if self.cases:
            await Case.filter(id__in=self.cases).update(chat=new.id)
        for letter in self.letters:
            place = f"outgoing.payload:{letter.ref}"
            words = letter.payload and new.key.seal(old.key.unseal(letter.payload, place), place)
            await Outgoing.filter(id=letter.id).update(subject=new.id, lane=str(new.id), payload=words)
        return new


def _opened(record: Customer) -> Profile | None:
    with suppress(SealBroken):
        return record.opened()
    return None


async def _withdraw_others(erasure: Erasure, now: datetime) -> None:
    """What else the customer asked for is moot."""
    others = DataRequest.filter(customer=erasure.id, state=RequestState.OPEN)
    for moot in await (others.exclude(id=erasure.request) if erasure.request else others):
        await moot.close(RequestState.WITHDRAWN, now)


async def _tell_elsewhere(erasure: Erasure, record: Customer, around: Surroundings, now: datetime) -> None:
    """The other systems must follow, and are told by what they know the person; for that an erasure by the
    clock gets an entry in the register, too."""
    request = await DataRequest.get_or_none(id=erasure.request) if erasure.request else None
    if request is None:
        request = await DataRequest.file(
            RequestKind.ERASE,
            customer=record.id,
            who_index=None,
            arrived=now,
            calendar=around.calendar,
            asked=None,
        )
        await Deadline.meet(request.id, Promise.ANSWER, now)
        erasure.request = request.id
    await Change.enter(request, ChangeKind.ERASED, (), now, record=record)


async def _forget_ways(contacts: Sequence[tuple[Kind, str]], outlets: Mapping[Kind, str]) -> None:
    """What is on its way to contacts, or was of late, goes whoever caused it; but not what a case has told,
    which is kept with the case."""
    for kind, value in contacts:
        if kind in outlets:
            await fetch(
                "DELETE FROM outgoing WHERE lane = ? AND target IS NOT NULL"
                ' AND subject NOT IN (SELECT id FROM "case")',
                lane_to(Address(outlets[kind], value)),
            )


async def _marks(record: Customer) -> list[str]:
    """By what an import may know a record: number, or else words before a correction; contacts."""
    points = await ContactPoint.filter(customer_id=record.id).values_list("value_index", flat=True)
    known = [index for index in (record.external_index, record.wording_index) if index]
    return [*known, *points]  # type: ignore[list-item]


def _last_heard(chats: Sequence[Chat]) -> UUID | None:
    """The chat that reaches somebody who did not ask for anything."""
    reachable = sorted((chat for chat in chats if chat.reachable), key=lambda chat: chat.last_inbound_at)
    return reachable[-1].id if reachable else None


async def _leave(chat: Chat, customer: UUID, now: datetime) -> None:
    """Whoever writes in a shared chat from now on is not this customer."""
    await Proof.filter(chat_id=chat.id, opened=customer).delete()
    await Chat.filter(id=chat.id, record=customer).update(record=None)
    await Event.record(Tag.PROOF_ENDED, now, chat=chat.id)


async def _keep_contact(
    contacts: Sequence[tuple[Kind, str]], erasure: Erasure, outlets: Mapping[Kind, str], now: datetime
) -> None:
    """Somebody without a chat is told by mail or text message, at an address with a key of its own."""
    ways = [(kind, value) for kind, value in contacts if kind in outlets]
    for kind, value in sorted(ways, key=lambda way: way[0] is not Kind.EMAIL)[:1]:
        key = SubjectKey.make(new_id())
        await key.save(force_create=True)
        await Removal.keep(key, erasure.id, now, f"{kind}:{value}")


async def _in_spans(table: str, column: str, said: str, chat: UUID, share: Share) -> list[object]:
    letters = ' AND (about IS NULL OR about NOT IN (SELECT id FROM "case" WHERE ended_at IS NULL))'
    rows: list[object] = []
    for start, end in share.spans:
        until = f' AND "{said}" < ?' if end else ""
        where = f'"{column}" = ? AND "{said}" >= ?{until}{letters if table == "outgoing" else ""}'
        values = (str(chat), start, *([end] if end else []))
        rows += [row["id"] for row in await fetch(f'SELECT id FROM "{table}" WHERE {where}', *values)]
    return rows
