"""Tuỳ chọn: messages yes or no per purpose, restrict the use of one's data, ask for stricter handling.

    (leave ->) choose -> agree -> choose
                  ^_______|  everything else takes effect at once

To say no takes one press, to say yes two: the words that are agreed to are shown first. Nobody is
signed up for anything that they did not say yes to.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from uuid import UUID

from chatbot.answers import Choice, Listed
from chatbot.conversation import Conversation, Done, Go, Labelled, Needs, Say, Turn
from chatbot.messages import Proven
from handlers.requests import carried_out, entered
from models.case import Case
from models.change import ChangeKind
from models.consent import Consent, Purpose
from models.customer import Customer
from models.data_request import RequestKind
from models.event import Event, Tag
from models.proof import FRESH
from models.record_opening import ALLOWED_FOR, OpeningAsk, Reason


@dataclass(frozen=True, slots=True)
class Choosing:
    """The purpose whose words are shown; or what staff have ``asked``, in which case and why."""

    purpose: Purpose | None = None
    asked: UUID | None = None
    code: str = ""
    reason: Reason = Reason.EXAMINE


class YesNo(Enum):
    """Yes or no."""

    YES = "yes"
    NO = "no"


preferences = Conversation(
    "preferences",
    Choosing,
    needs=Needs.CUSTOMER,
    commands=("tuychon", "preferences", "dangky"),
    intents=("object_marketing",),
    expires=timedelta(hours=1),
)


@preferences.opening
async def begin(turn: Turn[Choosing]) -> Go[Choosing] | Done:
    record = await _record(turn)
    if record is None:
        return Done("gone", shop=turn.shop.name)
    ask = await OpeningAsk.open_one(record.id)
    case = await Case.get_or_none(id=ask.case) if ask else None
    if ask and case:
        return Go(leave, Choosing(asked=ask.id, code=case.code, reason=ask.reason))
    return Go(choose, Choosing())


async def asked(turn: Turn[Choosing]) -> Mapping[str, object]:
    draft = turn.draft
    return {"code": draft.code, "reason": Say(f"preferences.reason.{draft.reason}"), "period": ALLOWED_FOR}


@preferences.step(Choice(YesNo), show=asked)
async def leave(turn: Turn[Choosing], answer: YesNo) -> Go[Choosing]:
    """Whether staff may open the record of somebody who asked for stricter handling."""
    ask, code = await OpeningAsk.get_or_none(id=turn.draft.asked), turn.draft.code
    if ask is None or ask.customer != turn.person.record:
        return Go(choose, Choosing())
    await ask.answer(answer is YesNo.YES, turn.chat, turn.now)
    turn.tell_staff(Say(f"preferences.leave.staff.{answer.value}", code=code))
    return Go(choose, Choosing(), Say(f"preferences.leave.said.{answer.value}", code=code))


async def standing(turn: Turn[Choosing]) -> Mapping[str, object]:
    """How it stands with each purpose, and with the record as a whole."""
    record = await _record(turn)
    if record is None:  # the proof has idled out meanwhile
        return {"lines": (Say("preferences.unproven"),)}
    said = await Consent.standing(record.id)
    lines = [
        Say(
            "preferences.standing",
            purpose=Say(f"preferences.name.{purpose}"),
            state=Say(f"preferences.state.{'yes' if _agrees(said, purpose) else 'no'}"),
        )
        for purpose in Purpose
    ]
    special = {"restricted": record.restricted_at, "stricter": record.stricter_since}
    lines += [Say(f"preferences.is.{name}") for name, applies in special.items() if applies]
    return {"lines": tuple(lines)}


async def ways(turn: Turn[Choosing]) -> Sequence[Labelled | str]:
    """What can be chosen as it stands."""
    record = await _record(turn)
    said = await Consent.standing(record.id) if record else {}
    each = [_labelled("no" if _agrees(said, purpose) else "yes", purpose) for purpose in Purpose]
    restrict = "release" if record and record.restricted_at else "restrict"
    stricter = "usual" if record and record.stricter_since else "stricter"
    return [*each, "nothing", restrict, stricter, "enough"]


@preferences.step(Listed(), show=standing, listed=ways)
async def choose(turn: Turn[Choosing], picked: str) -> Go[Choosing] | Done:
    record = await _record(turn)
    if record is None:
        return Done("gone", shop=turn.shop.name)
    match picked.split("."):
        case ["yes", purpose]:
            return Go(agree, Choosing(Purpose(purpose)))
        case ["no", purpose]:
            return Go(choose, Choosing(), *await _stop(turn, record, [Purpose(purpose)]))
        case ["nothing"]:
            return Go(choose, Choosing(), *await _stop(turn, record, list(Purpose)))
        case ["restrict" | "release"]:
            return Go(choose, Choosing(), *await _restrict(turn, record, picked == "restrict"))
        case ["stricter" | "usual"]:
            return Go(choose, Choosing(), await _handle(turn, record, picked == "stricter"))
    return Done("kept", offer=("menu",))


async def purpose_shown(turn: Turn[Choosing]) -> Mapping[str, object]:
    assert turn.draft.purpose
    return {"text": Say(f"preferences.purpose.{turn.draft.purpose}", shop=turn.shop.name)}


@preferences.step(Choice(YesNo), show=purpose_shown)
async def agree(turn: Turn[Choosing], answer: YesNo) -> Go[Choosing]:
    """The yes to one purpose, in view of its words."""
    purpose = turn.draft.purpose
    assert purpose
    name = Say(f"preferences.name.{purpose}")
    if answer is YesNo.NO:
        return Go(choose, Choosing(), Say("preferences.agree.not", purpose=name))
    await _say(turn, purpose, True)
    return Go(choose, Choosing(), Say("preferences.agree.noted", purpose=name))


async def _stop(turn: Turn[Choosing], record: Customer, purposes: list[Purpose]) -> list[Say]:
    """No to purposes: a consent withdrawn, or an objection where there never was one."""
    said = await Consent.standing(record.id)
    fresh = [purpose for purpose in purposes if not (purpose in said and not said[purpose].given)]
    if not fresh:
        return [Say("stopped_before")]
    agreed = any(_agrees(said, purpose) for purpose in fresh)
    request = await entered(turn, RequestKind.WITHDRAW if agreed else RequestKind.OBJECT)
    for purpose in fresh:
        await _say(turn, purpose, False)
    return [Say("stopped"), *await carried_out(turn, request, ChangeKind.OPTED_OUT, fresh)]


async def _restrict(turn: Turn[Choosing], record: Customer, on: bool) -> list[Say]:
    request = await entered(turn, RequestKind.RESTRICT)
    # The new ``updated_at`` overtakes an import that was planned before.
    await Customer.filter(id=record.id).update(restricted_at=turn.now if on else None, updated_at=turn.now)
    name = "restricted" if on else "released"
    await _changed(turn, record, name)
    kind = ChangeKind.RESTRICTED if on else ChangeKind.RELEASED
    return [Say(f"preferences.use.{name}"), *await carried_out(turn, request, kind, ())]


async def _handle(turn: Turn[Choosing], record: Customer, strictly: bool) -> Say:
    await Customer.filter(id=record.id).update(stricter_since=turn.now if strictly else None)
    name = "stricter" if strictly else "usual"
    await _changed(turn, record, name)
    return Say(f"preferences.handling.{name}", period=FRESH)


async def _changed(turn: Turn[Choosing], record: Customer, detail: str) -> None:
    await Event.record(Tag.HANDLING_CHANGED, turn.now, chat=turn.chat, customer=record.id, detail=detail)


async def _say(turn: Turn[Choosing], purpose: Purpose, given: bool) -> None:
    await Consent.record(
        _who(turn),
        purpose,
        given,
        language=turn.language,
        how=turn.message.address.channel,
        chat=turn.chat,
        now=turn.now,
    )


def _who(turn: Turn[Choosing]) -> Proven:
    return next(proven for proven in turn.person.contacts if proven.opened)


async def _record(turn: Turn[Choosing]) -> Customer | None:
    return await Customer.load(turn.person.record) if turn.person.record else None


def _agrees(said: Mapping[Purpose, Consent], purpose: Purpose) -> bool:
    """Whether there is a yes: silence is none, nor what an import says."""
    return purpose in said and said[purpose].given


def _labelled(answer: str, purpose: Purpose) -> Labelled:
    name = Say(f"preferences.name.{purpose}")
    return Labelled(f"{answer}.{purpose}", Say(f"preferences.offer.{answer}", purpose=name))
