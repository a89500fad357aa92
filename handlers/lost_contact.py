"""Mất liên hệ cũ: who can prove no contact on file any more tells facts, and a person compares them.

(the new contact is proven) -> old -> name -> birthday -> address -> number -> review -> (asked)
                                ^______________________________________________|  edit

What is said is the same whether the old contact is on file or not, and nothing of a record is shown. No
picture of an identity card is asked for: it would make the data sensitive (Decree 356/2025 Art. 4(1)(i)).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import Enum

from chatbot.answers import AnyContact, Choice, Invalid, Text
from chatbot.contacts import kind_of
from chatbot.conversation import Conversation, Done, Go, Needs, Say, Turn
from chatbot.masking import HIDDEN, mask_name
from chatbot.messages import Kind
from handlers.codes import contact_in_words
from models import contact_claim as claims
from models.chat import Chat
from models.claim_states import PENDING
from models.contact_claim import ContactClaim, Told
from models.event import Event, Tag
from models.keys import ring
from models.tally import Limit, Tally

FEWEST_FACTS = 2
"""Facts beside the old contact: with fewer there is nothing to compare."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What was told so far."""

    kind: Kind = Kind.PHONE
    old: str = field(default="", repr=False)
    name: str = field(default="", repr=False)
    birthday: str = field(default="", repr=False)
    address: str = field(default="", repr=False)
    number: str = field(default="", repr=False)


class Unknown(Enum):
    """What one does not know, or did not give the shop."""

    UNKNOWN = "unknown"


class Review(Enum):
    """What to do with what was told."""

    SEND = "send"
    EDIT = "edit"


lost_contact = Conversation(
    "lost_contact",
    Facts,
    needs=Needs.PROVEN,
    commands=("matlienhe", "lostcontact"),
    intents=("lost_contact",),
    expires=timedelta(days=1),
)


@lost_contact.opening
async def begin(turn: Turn[Facts]) -> Go[Facts] | Done:
    """How the last claim stands; while something is still to come of it there is no second one."""
    claim = await ContactClaim.last_of(turn.chat, turn.person)
    if claim is None:
        return Go(old, Facts())
    stands = Say(f"lost_contact.stands.{claim.state}", until=claim.opens_at or claim.asked_at)
    return Done(None, stands, offer=("human", "menu")) if claim.state in PENDING else Go(old, Facts(), stands)


@lost_contact.step(AnyContact())
async def old(turn: Turn[Facts], typed: str) -> Go[Facts] | Done:
    if typed in [proven.value for proven in turn.person.contacts]:
        return Done("still_yours", offer=("profile", "menu"))
    found = kind_of(typed)
    return Go(name, replace(turn.draft, kind=found[0] if found else Kind.PHONE, old=typed))


@lost_contact.step(Text(max=200) | Choice(Unknown))
async def name(turn: Turn[Facts], typed: str | Unknown) -> Go[Facts]:
    return Go(birthday, replace(turn.draft, name=_known(typed)))


@lost_contact.step(Text(max=60) | Choice(Unknown))
async def birthday(turn: Turn[Facts], typed: str | Unknown) -> Go[Facts]:
    return Go(address, replace(turn.draft, birthday=_known(typed)))


@lost_contact.step(Text(max=500) | Choice(Unknown))
async def address(turn: Turn[Facts], typed: str | Unknown) -> Go[Facts]:
    return Go(number, replace(turn.draft, address=_known(typed)))


@lost_contact.step(Text(max=100) | Choice(Unknown))
async def number(turn: Turn[Facts], typed: str | Unknown) -> Go[Facts]:
    draft = replace(turn.draft, number=_known(typed))
    facts = (draft.name, draft.birthday, draft.address, draft.number)
    if sum(map(bool, facts)) < FEWEST_FACTS:
        return Go(name, draft, Say("too_few", fewest=FEWEST_FACTS))
    return Go(review, draft)


def _known(typed: str | Unknown) -> str:
    return "" if isinstance(typed, Unknown) else typed


async def summary(turn: Turn[Facts]) -> Mapping[str, object]:
    """What will be sent; of several contacts proven here the new one is the last."""
    draft, proven = turn.draft, turn.person.contacts[-1:]  # none where the proof has idled out meanwhile
    return {
        "old": contact_in_words(turn, draft.kind, draft.old),
        "name": turn.personal(draft.name or "–", mask_name),
        **{
            fact: turn.personal(told or "–", lambda words: words if words == "–" else HIDDEN * 5)
            for fact, told in (
                ("birthday", draft.birthday),
                ("address", draft.address),
                ("number", draft.number),
            )
        },
        "new": "".join(contact_in_words(turn, one.kind, one.value) for one in proven) or "–",
    }


@lost_contact.step(Choice(Review), show=summary)
async def review(turn: Turn[Facts], picked: Review) -> Go[Facts] | Done | Invalid:
    draft, new = turn.draft, turn.person.contacts[-1]
    if picked is Review.EDIT:
        return Go(old, draft)
    if (new.kind, new.value) == (draft.kind, draft.old):  # proven meanwhile
        return Done("still_yours", offer=("profile", "menu"))
    limits: tuple[tuple[Limit, str], ...] = (
        (claims.CLAIMS_OF_CHAT, str(turn.chat)),
        (claims.CLAIMS_ON_CONTACT, ring().blind_index(draft.kind, draft.old)),
    )
    for limit, key in limits:
        if await Tally.charge(limit, key, turn.wall) > limit.most:
            return Done("too_many", email=turn.shop.email)
    chat = await Chat.hold_by_id(turn.chat)
    if chat is None:
        raise LookupError("the chat of this turn is gone")
    facts = (draft.name, draft.birthday, draft.address, draft.number)
    await ContactClaim.ask(chat, Told(draft.kind, draft.old, new.kind, new.value, *facts), turn.now)
    await Event.record(Tag.CONTACT_ASKED, turn.now, chat=turn.chat)
    turn.tell_staff(Say("contact.staff.asked", count=await ContactClaim.count_asked()), gathered=True)
    return Done("asked", span=claims.OBJECTION, offer=("human", "menu"))
