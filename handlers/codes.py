"""One-time codes as a conversation uses them: sent within limits, guessed within limits."""

from __future__ import annotations

from datetime import timedelta
from typing import TypeVar
from uuid import UUID

from chatbot.contacts import is_mobile
from chatbot.conversation import Say, Turn
from chatbot.masking import mask, national
from chatbot.messages import Kind, Person, Proven
from models import code as codes
from models.case import Case
from models.chat import Chat
from models.code import Check, Code
from models.contact_change import ContactChange
from models.customer import Customer
from models.event import Event, Tag
from models.keys import ring
from models.proof import Method, Proof
from models.tally import Limit, Tally

D = TypeVar("D")


def contact_in_words(turn: Turn[D], kind: Kind, value: str) -> str:
    """A contact as this channel may show it."""
    return turn.personal(national(value), lambda _: mask(kind, value))


async def send_code(turn: Turn[D], kind: Kind, value: str, *, anew: bool = False) -> str | None:
    """Send a code to a contact, or say by the key of a text why none is sent.

    A code to a number that is not on file, or takes no short message, is a decoy: the same writes, the same
    words, nothing sent. An e-mail address gets its code in any case: whoever is not on file proves by that.
    So does a number that is to come on file (``anew``) of somebody whose record stands open or whose case is,
    and one that was there and can still undo that it went.
    """
    index = ring().blind_index(kind, value)
    network = turn.message.network
    limits: list[tuple[Limit, str]] = [
        (codes.SENDS_FROM_CHAT, str(turn.chat)),
        (codes.SENDS_TO_CONTACT, index),
        *([(codes.SENDS_FROM_NETWORK, ring().blind_index("network", network))] if network else []),
    ]
    if await Tally.full(codes.WRONG_GUESSES, index, turn.wall):
        return "identity.shut_short"
    for limit, key in limits:
        if await Tally.charge(limit, key, turn.wall) > limit.most:
            await Event.record(Tag.CODE_REFUSED, turn.now, chat=turn.chat, detail=limit.scope)
            return "identity.too_many_codes"
    count = await Code.charge_all(turn.wall)
    if count in (codes.ALARM_FROM, codes.SLOW_FROM, codes.SENDS_IN_ALL.most + 1):
        turn.tell_staff(Say("identity.many_codes", count=count))
    if count > codes.SENDS_IN_ALL.most:
        await Event.record(Tag.CODE_REFUSED, turn.now, chat=turn.chat, detail=codes.SENDS_IN_ALL.scope)
        return "identity.codes_paused"
    known = (
        anew or await Customer.behind(kind, value) or await ContactChange.undoable_by([index], (), turn.now)
    )
    real = kind is Kind.EMAIL or (bool(known) and is_mobile(value))
    plain = await Code.issue(turn.chat, kind, value, real=real, now=turn.now)
    words = Say("identity.code_message", shop=turn.shop.name, code=plain, life=codes.LIFE)
    delay = codes.SLOW_BY if count >= codes.SLOW_FROM else timedelta(0)
    turn.tell_contact(kind, value, words, code=True, decoy=not real, delay=delay)
    await Event.record(Tag.CODE_SENT, turn.now, chat=turn.chat, detail=kind)
    return None


async def guess(turn: Turn[D], kind: Kind, value: str, typed: str) -> tuple[Check, int]:
    """Check a typed code; what it came to, and how many wrong guesses are left for the contact.

    With the last one that way is shut for a day, and the owner is told, by the contact itself and in
    every chat where it stands proven.
    """
    index = ring().blind_index(kind, value)
    network = turn.message.network
    origin = ring().blind_index("network", network) if network else None
    if origin and await Tally.full(codes.WRONG_FROM_NETWORK, origin, turn.wall):
        return Check.SHUT, 0
    turn.outlast(lambda: Tally.charge(codes.WRONG_GUESSES, index, turn.wall))
    check, count = await Code.guess(turn.chat, kind, value, typed, now=turn.now, wall=turn.wall)
    if check in (Check.WRONG, Check.SHUT) and origin:
        await Tally.charge(codes.WRONG_FROM_NETWORK, origin, turn.wall)
    if check in (Check.WRONG, Check.SHUT):
        await Event.record(Tag.CODE_WRONG, turn.now, chat=turn.chat, detail=kind)
    if check is Check.SHUT and count == codes.WRONG_GUESSES.most:
        await Event.record(Tag.CONTACT_SHUT, turn.now, chat=turn.chat, detail=kind)
        warning = Say(
            "identity.warning", shop=turn.shop.name, contact=mask(kind, value), email=turn.shop.email
        )
        on_file = bool(await Customer.behind(kind, value))
        turn.tell_contact(kind, value, warning, decoy=not on_file)
        for chat in await Proof.chats_of(kind, value):
            turn.tell_chat(chat, warning)
    return check, max(0, codes.WRONG_GUESSES.most - count)


async def prove_contact(
    turn: Turn[D], kind: Kind, value: str, method: Method, *, record: UUID | None = None
) -> Proven:
    """The contact is the customer's own. The cases filed in this chat belong to whoever proves it, and other
    chats where it stands proven are told. ``record`` is that of whoever writes here already, and has one
    contact more."""
    chat = await Chat.hold_by_id(turn.chat)
    if chat is None:
        raise LookupError("the chat of this turn is gone")
    proof, others = await Proof.add(chat, kind, value, method, turn.now, turn.wall)
    await Event.record(
        Tag.CONTACT_PROVEN,
        turn.now,
        chat=turn.chat,
        customer=record,
        detail=f"{kind} {method}",
    )
    proven = Proven(proof.id, kind, value)
    for case in await Case.claim_filed(turn.chat, Person((proven,))):
        await Event.record(Tag.CASE_CLAIMED, turn.now, chat=turn.chat, case=case)
    for other in others:
        turn.tell_chat(other, Say("identity.proven_elsewhere", contact=mask(kind, value)))
    return proven
