"""Sửa liên hệ: add, replace or remove a phone number or an e-mail address.

choose -> act -> phone | share | email -> code -> review -> (saved, the others warned)
            '----------- remove ------------------^

A new contact counts once it is proven; the customer's own proof must be ten minutes young. Whether it stands
on another record is not said and does not matter: records are never merged.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import Enum
from uuid import UUID

from chatbot.answers import Choice, Code, Email, Invalid, Listed, Option, Phone, SharedPhone
from chatbot.contacts import is_mobile
from chatbot.conversation import Conversation, Done, Go, Needs, Say, Turn
from chatbot.messages import Ability, Kind
from handlers.codes import contact_in_words, guess, send_code
from handlers.corrections import corrected, own_record
from handlers.owner import warned
from models.chat import Chat
from models.code import Check
from models.contact_change import UNDO, ContactChange
from models.customer import Customer
from models.event import Event, Tag
from models.proof import Method, Proof


@dataclass(frozen=True, slots=True)
class Changing:
    """The record; the contact that goes, if any; the one that comes, if any, and how it was proven."""

    record: UUID | None = None
    kind: Kind = Kind.PHONE
    old: str = field(default="", repr=False)
    new: str = field(default="", repr=False)
    method: Method | None = None


class Act(Enum):
    """What shall become of a contact."""

    REPLACE = "replace"
    REMOVE = "remove"
    BACK = "back"


class Otherwise(Enum):
    """Not this way."""

    OTHER = "other"


class Again(Enum):
    """The code has not come."""

    RESEND = "resend"
    OTHER = "other"


class Review(Enum):
    """What to do with the change."""

    SAVE = "save"
    AGAIN = "again"


contacts = Conversation(
    "contacts",
    Changing,
    needs=Needs.FRESH,
    commands=("sualienhe", "contacts"),
    expires=timedelta(minutes=30),
)


@contacts.opening
async def begin(turn: Turn[Changing]) -> Go[Changing] | Done:
    record = await own_record(turn)
    return record if isinstance(record, Done) else Go(choose, Changing(record.id))


async def held(turn: Turn[Changing]) -> list[Option | str]:
    """The contacts on file, and what can be added where this desk can have it proven."""
    record = await own_record(turn, turn.draft.record)
    on_file = () if isinstance(record, Done) else record.opened().contacts
    own = [Option(f"{kind}:{value}", contact_in_words(turn, kind, value)) for kind, value in on_file]
    return [*own, *(f"add_{kind}" for kind in Kind if _provable(turn, kind)), "close"]


@contacts.step(Listed(), listed=held)
async def choose(turn: Turn[Changing], picked: str) -> Go[Changing] | Done:
    if picked == "close":
        return Done("closed", offer=("menu",))
    if picked.startswith("add_"):
        return _asked(turn, replace(turn.draft, kind=Kind(picked.removeprefix("add_")), old="", new=""))
    kind, _, value = picked.partition(":")
    return Go(act, replace(turn.draft, kind=Kind(kind), old=value, new=""))


async def which(turn: Turn[Changing]) -> Mapping[str, object]:
    turn.keep_private()
    return {"contact": contact_in_words(turn, turn.draft.kind, turn.draft.old)}


@contacts.step(Choice(Act), show=which)
async def act(turn: Turn[Changing], picked: Act) -> Go[Changing] | Done | Invalid:
    draft = turn.draft
    record = await own_record(turn, draft.record)
    if isinstance(record, Done):
        return record
    on_file = record.opened().contacts
    if picked is Act.BACK or (draft.kind, draft.old) not in on_file:
        return Go(choose, Changing(draft.record))
    if picked is Act.REPLACE:
        return (
            _asked(turn, draft) if _provable(turn, draft.kind) else Invalid("no_way", email=turn.shop.email)
        )
    if len(on_file) == 1:
        return Invalid("last")
    return Go(review, replace(draft, new="", method=None))


@contacts.step(SharedPhone() | Choice(Otherwise))
async def share(turn: Turn[Changing], shared: str | Otherwise) -> Go[Changing] | Done | Invalid:
    if isinstance(shared, Otherwise):
        return Go(phone, turn.draft) if Kind.PHONE in turn.codes else Go(choose, Changing(turn.draft.record))
    return await _new(turn, shared, Method.SHARED)


@contacts.step(Phone(share=True) | Choice(Otherwise))
async def phone(turn: Turn[Changing], typed: str | Otherwise) -> Go[Changing] | Done | Invalid:
    if not isinstance(typed, Otherwise) and not is_mobile(typed):
        return Invalid("no_mobile")
    return await _new(turn, typed)


@contacts.step(Email() | Choice(Otherwise))
async def email(turn: Turn[Changing], typed: str | Otherwise) -> Go[Changing] | Done | Invalid:
    return await _new(turn, typed)


async def to_whom(turn: Turn[Changing]) -> Mapping[str, object]:
    return {"contact": contact_in_words(turn, turn.draft.kind, turn.draft.new)}


@contacts.step(Code() | Choice(Again), show=to_whom)
async def code(turn: Turn[Changing], typed: str | Again) -> Go[Changing] | Done | Invalid:
    draft = turn.draft
    if typed is Again.OTHER:
        return Go(choose, Changing(draft.record))
    if typed is Again.RESEND:
        return await _sent(turn, draft)
    check, left = await guess(turn, draft.kind, draft.new, typed)
    match check:
        case Check.RIGHT:
            return Go(review, replace(draft, method=Method.CODE))
        case Check.WRONG:
            return Invalid("wrong", left=left)
        case Check.EXPIRED:
            return Invalid("expired")
        case Check.SHUT:
            return Go(choose, Changing(draft.record), Say("shut", **await to_whom(turn)))


async def difference(turn: Turn[Changing]) -> Mapping[str, object]:
    """The contact before and after."""
    draft = turn.draft
    turn.keep_private()
    before, after = (
        contact_in_words(turn, draft.kind, value) if value else "–" for value in (draft.old, draft.new)
    )
    return {"before": before, "after": after, "undo": UNDO}


@contacts.step(Choice(Review), show=difference)
async def review(turn: Turn[Changing], picked: Review) -> Go[Changing] | Done:
    draft = turn.draft
    if picked is Review.AGAIN:
        return Go(choose, Changing(draft.record))
    record = await own_record(turn, draft.record)
    if isinstance(record, Done):
        return record
    had = record.opened()
    old = (draft.kind, draft.old) if draft.old else None
    new = (draft.kind, draft.new) if draft.new and draft.method else None
    if (old and old not in had.contacts) or new in had.contacts or (new is None and len(had.contacts) < 2):
        return Go(choose, Changing(record.id), Say("changed_meanwhile"))  # by an import, or in another chat
    says = await corrected(turn, record, (draft.kind,))
    token = await ContactChange.make(record, had.with_contact(old, new), old, turn.chat, turn.now)
    if new and draft.method:
        await _opens(turn, record, draft.new, draft.method)
    await warned(turn, had.contacts, "contact.changed", turn.now + UNDO, token)
    return Done("saved", *says, undo=UNDO, offer=("contacts", "profile", "menu"))


def _provable(turn: Turn[Changing], kind: Kind) -> bool:
    shared = kind is Kind.PHONE and Ability.PROVES_PHONE in turn.abilities
    return shared or kind in turn.codes


def _asked(turn: Turn[Changing], draft: Changing) -> Go[Changing]:
    """Ask for the new contact, in the way that this channel proves it most easily."""
    if draft.kind is Kind.EMAIL:
        return Go(email, draft)
    return Go(share if Ability.PROVES_PHONE in turn.abilities else phone, draft)


async def _new(
    turn: Turn[Changing], typed: str | Otherwise, method: Method | None = None
) -> Go[Changing] | Done | Invalid:
    """A contact that is to come: once it is proven it is shown beside the one that goes."""
    if isinstance(typed, Otherwise):
        return Go(choose, Changing(turn.draft.record))
    record = await own_record(turn, turn.draft.record)
    if isinstance(record, Done):
        return record
    if (turn.draft.kind, typed) in record.opened().contacts:
        return Invalid("contacts.already")
    draft = replace(turn.draft, new=typed, method=method)
    return Go(review, draft) if method else await _sent(turn, draft)


async def _sent(turn: Turn[Changing], draft: Changing) -> Go[Changing] | Invalid:
    refusal = await send_code(turn, draft.kind, draft.new, anew=True)
    if refusal:
        return Invalid(refusal)
    words = {"contact": contact_in_words(turn, draft.kind, draft.new)}
    return Go(code, draft, Say("sent", **words))


async def _opens(turn: Turn[Changing], record: Customer, value: str, method: Method) -> None:
    """What was proven here just now opens the record here from now on."""
    chat = await Chat.hold_by_id(turn.chat)
    if chat is None:
        raise LookupError("the chat of this turn is gone")
    proof, _ = await Proof.add(chat, turn.draft.kind, value, method, turn.now, turn.wall)
    await Proof.open_record(proof.id, record.id, turn.wall)
    await Event.record(
        Tag.CONTACT_PROVEN,
        turn.now,
        chat=turn.chat,
        customer=record.id,
        detail=f"{turn.draft.kind} {method}",
    )
