"""Xác minh: prove that a phone number or an e-mail address is one's own.

way -> share ------------> proven -> record -> fact
 |---> phone ---|            ^       (where several records share the contact)
 |---> email ---|--> code ---|
 '---> lost: handlers/lost_contact.py; acting for somebody else: handlers/representative.py
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any
from uuid import UUID

from chatbot.answers import (
    Choice,
    Code,
    ContactOrListed,
    Email,
    Invalid,
    Listed,
    Option,
    Phone,
    SharedPhone,
    Text,
)
from chatbot.contacts import kind_of
from chatbot.conversation import Conversation, Done, Go, Paragraph, Say, Turn
from chatbot.frozen import waiting
from chatbot.masking import mask_name
from chatbot.messages import Ability, Kind, Person
from handlers.codes import contact_in_words, guess, prove_contact, send_code
from models.chat import Chat
from models.code import Check
from models.contact_change import ContactChange
from models.contact_claim import ContactClaim
from models.customer import Customer
from models.erasure import Erasure
from models.event import Event, Tag
from models.facts import fact_fits
from models.proof import Method, Proof


@dataclass(frozen=True, slots=True)
class Claim:
    """What is claimed and not yet proven; then the proof, and the record to be opened by it."""

    kind: Kind = Kind.PHONE
    value: str = field(default="", repr=False)
    proof: UUID | None = None
    records: tuple[UUID, ...] = ()
    record: UUID | None = None


class Otherwise(Enum):
    """Not this way."""

    OTHER = "other"


class Again(Enum):
    """The code has not come."""

    RESEND = "resend"
    OTHER = "other"


identity = Conversation("identity", Claim, commands=("xacminh", "verify"), intents=("verify",), resumes=False)


@identity.opening
async def begin(turn: Turn[Claim]) -> Go[Claim] | Done:
    """Where a contact is proven already and only the record is open to choice, that is asked."""
    for proven in turn.person.contacts:
        if len(proven.records) > 1 and proven.opened is None:
            claim = Claim(proven.kind, proven.value, proven.proof, proven.records)
            return Go(record, claim)
    if not await ways(turn):
        return Done("no_way", email=turn.shop.email, offer=("representative", "human", "menu"))
    return Go(way, turn.draft)


async def ways(turn: Turn[Claim]) -> list[str]:
    """What this channel and this desk can do."""
    share = ["share"] if Ability.PROVES_PHONE in turn.abilities else []
    return share + [kind.value for kind in (Kind.PHONE, Kind.EMAIL) if kind in turn.codes]


async def ways_on(turn: Turn[Claim]) -> list[str]:
    """The ways to prove a contact, and where to turn without one."""
    return [*await ways(turn), "lost", "acting"]


@identity.step(ContactOrListed(), listed=ways_on)
async def way(turn: Turn[Claim], picked: str) -> Go[Claim] | Done | Invalid:
    """Whoever types a number or an address at once has chosen the code to it."""
    if contact := kind_of(picked):
        kind, value = contact
        return (
            await sent(turn, Claim(kind, value)) if kind in turn.codes else Invalid("answer.choice.invalid")
        )
    if picked == "lost":
        return Done("lost", then="lost_contact")
    if picked == "acting":
        return Done(then="representative")
    return Go({"share": share, "phone": phone, "email": email}[picked], Claim())


@identity.step(SharedPhone() | Choice(Otherwise))
async def share(turn: Turn[Claim], shared: str | Otherwise) -> Go[Claim] | Done:
    if isinstance(shared, Otherwise):
        return Go(way, Claim())
    return await proven(turn, Claim(Kind.PHONE, shared), Method.SHARED)


@identity.step(Phone(share=True) | Choice(Otherwise))
async def phone(turn: Turn[Claim], typed: str | Otherwise) -> Go[Claim] | Invalid:
    if isinstance(typed, Otherwise):
        return Go(way, Claim())
    return await sent(turn, Claim(Kind.PHONE, typed))


@identity.step(Email() | Choice(Otherwise))
async def email(turn: Turn[Claim], typed: str | Otherwise) -> Go[Claim] | Invalid:
    if isinstance(typed, Otherwise):
        return Go(way, Claim())
    return await sent(turn, Claim(Kind.EMAIL, typed))


async def to_whom(turn: Turn[Claim]) -> Mapping[str, object]:
    return {"contact": contact_in_words(turn, turn.draft.kind, turn.draft.value)}


@identity.step(Code() | Choice(Again), show=to_whom)
async def code(turn: Turn[Claim], typed: str | Again) -> Go[Claim] | Done | Invalid:
    claim = turn.draft
    if typed is Again.OTHER:
        return Go(way, Claim())
    if typed is Again.RESEND:
        return await sent(turn, claim)
    check, left = await guess(turn, claim.kind, claim.value, typed)
    match check:
        case Check.RIGHT:
            return await proven(turn, claim, Method.CODE)
        case Check.WRONG:
            return Invalid("wrong", left=left)
        case Check.EXPIRED:
            return Invalid("expired")
        case Check.SHUT:
            return Go(way, Claim(), Say("shut", **await to_whom(turn)))


async def sent(turn: Turn[Claim], claim: Claim) -> Go[Claim] | Invalid:
    """Ask for the code that was sent; the same words whether the number is on file or not."""
    refusal = await send_code(turn, claim.kind, claim.value)
    if refusal:
        return Invalid(refusal)
    words = {"contact": contact_in_words(turn, claim.kind, claim.value)}
    return Go(code, claim, Say(f"identity.sent.{claim.kind}", **words))


async def proven(turn: Turn[Claim], claim: Claim, method: Method) -> Go[Claim] | Done:
    """The contact is the customer's own: see what it opens."""
    one = await prove_contact(turn, claim.kind, claim.value, method)
    contact = contact_in_words(turn, claim.kind, claim.value)
    records = await Customer.behind(claim.kind, claim.value)
    frozen = await Erasure.of(records)
    if frozen and len(frozen) == len(records):
        return Done("proven", waiting(frozen[0], turn.now), contact=contact, offer=("keep",))
    if not records and await ContactChange.against(Person((one,)), turn.now):
        warning = Paragraph("objection.changed", shop=turn.shop.name)
        return Done("proven", warning, contact=contact, offer=("objection", "human", "menu"))
    if not records:
        held = Say("nothing_held", shop=turn.shop.name)
        return Done("proven", held, contact=contact, offer=("identity", "lost_contact", "menu"))
    if len(records) == 1:
        return await opened(turn, one.proof, records[0], contact)
    one_waits = [Paragraph("one_waits")] if frozen else []
    claim = replace(claim, proof=one.proof, records=records)
    return Go(record, claim, Say("proven", contact=contact), *one_waits)


async def opens(turn: Turn[Any], proof: UUID, chosen: UUID) -> bool:
    """Let a proof of this chat open a record; False where it has ended."""
    if not await Proof.open_record(proof, chosen, turn.wall):
        return False
    await Customer.touched(chosen, turn.now)
    await Chat.belongs(turn.chat, chosen)
    await Event.record(Tag.RECORD_OPENED, turn.now, chat=turn.chat, customer=chosen)
    return True


async def opened(turn: Turn[Claim], proof: UUID, chosen: UUID, contact: str) -> Go[Claim] | Done:
    """The record is open to this chat, and the customer has been in contact."""
    if not await opens(turn, proof, chosen):
        return Go(way, Claim(), Say("engine.must_prove"))  # the proof has idled out meanwhile
    if await ContactClaim.against([chosen]):
        warning = Paragraph("objection.warning", shop=turn.shop.name)
        return Done("proven", warning, contact=contact, offer=("objection", "profile", "menu"))
    changes = await ContactChange.undoable_by([], [chosen], turn.now)
    if any(change.chat != turn.chat for change in changes):
        warning = Paragraph("objection.changed", shop=turn.shop.name)
        return Done("proven", warning, contact=contact, offer=("objection", "profile", "menu"))
    return Done("proven", contact=contact, offer=("profile", "menu"))


async def masked_names(turn: Turn[Claim]) -> list[Option | str]:
    """The records behind the contact, by names of which only the owner knows the rest."""
    options: list[Option | str] = []
    for one in turn.draft.records:
        customer = await Customer.load(one)
        if customer:
            options.append(Option(str(one), mask_name(customer.opened().full_name)))
    return [*options, "other"]


@identity.step(Listed(), listed=masked_names)
async def record(turn: Turn[Claim], picked: str) -> Go[Claim] | Done:
    if picked == "other":
        return Done("not_opened", email=turn.shop.email, offer=("human", "menu"))
    return Go(fact, replace(turn.draft, record=UUID(picked)))


@identity.step(Text(max=300) | Choice(Otherwise))
async def fact(turn: Turn[Claim], typed: str | Otherwise) -> Go[Claim] | Done | Invalid:
    """Another fact on file, beside the contact that several records share."""
    claim = turn.draft
    if isinstance(typed, Otherwise) or claim.record is None or claim.proof is None:
        return Go(record, claim)
    match await fact_fits(
        claim.record, typed, claim.value, now=turn.now, wall=turn.wall, outlast=turn.outlast
    ):
        case Check.RIGHT:
            contact = contact_in_words(turn, claim.kind, claim.value)
            return await opened(turn, claim.proof, claim.record, contact)
        case Check.WRONG:
            await Event.record(Tag.RECORD_FACT_WRONG, turn.now, chat=turn.chat, customer=claim.record)
            return Invalid("wrong")
        case _:
            return Done("not_opened", email=turn.shop.email, offer=("human", "menu"))
