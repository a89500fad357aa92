"""Liên lạc thêm: by what else the customer of a case can be reached, where the chat may fall silent.

(asked by the clock; answered at any time) | contact -> code -> kept

A contact that was only typed gets no more than a hint that there is something to read, as one named while
filing does; once a code has proven it, it opens the case.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from uuid import UUID

from chatbot.answers import AnyContact, Choice, Code, Invalid
from chatbot.contacts import is_mobile, kind_of
from chatbot.conversation import Conversation, Done, Go, Say, Tell, ToChat, Turn
from chatbot.folding import fold
from chatbot.messages import Kind
from handlers.arrivals import Reach
from handlers.codes import contact_in_words, guess, prove_contact, send_code
from handlers.rungs import DAYTIME, within
from models.case import Case
from models.case_entry import CaseEntry, Entry
from models.code import Check
from models.database import in_batches
from models.event import Event, Tag
from models.other_ways import SilentSoon, other_ways, silent_soon
from models.proof import Method
from models.record_opening import records_of

QUIET = timedelta(hours=24)
"""How long a customer has written nothing when they are asked: they are in the middle of nothing any more,
and whatever the hour, the next day begins before a window of 48 hours shuts."""

BATCH = 5
"""Messages per transaction: each holds the chat that it goes to."""

NO = frozenset(
    {
        *("khong", "ko", "khong a", "da khong", "da khong a", "khong can", "khong muon", "khong co", "thoi"),
        *("bo qua", "no", "no thanks", "no thank you", "none", "skip"),
    }
)


@dataclass(frozen=True, slots=True)
class Naming:
    """The contact that was named, while its code is awaited."""

    kind: Kind = Kind.EMAIL
    value: str = field(default="", repr=False)


class Decline(Enum):
    """No other way."""

    NO = "no"


class Again(Enum):
    """The code has not come, or is not wanted."""

    RESEND = "resend"
    LATER = "later"


second_way = Conversation(
    "second_way", Naming, expires=timedelta(days=1), commands=("lienlacthem", "reachme"), resumes=False
)


async def ask_for_second_way(tell: Tell, reach: Reach, now: datetime, wall: datetime) -> int:
    """Ask the customers of open cases whose chat falls silent soon, and who have named no other way: by day,
    and once as long as one of these cases is open, whatever they answer."""
    if not within(DAYTIME, now) or not reach.kinds:
        return 0
    due = [
        one
        for channel, window in reach.windows.items()
        for one in await silent_soon(channel, window, QUIET, now)
        if await _to_be_asked(one, reach) is not None
    ]

    async def batch(some: Sequence[SilentSoon]) -> int:
        return sum([await _ask(one, tell, reach, now, wall) for one in some])

    return await in_batches(due, BATCH, batch)


async def _to_be_asked(one: SilentSoon, reach: Reach) -> Case | None:
    """The first case of a chat for which there is no other way. None also where staff wait for an answer,
    with which this one would be mixed up."""
    lacking = None
    for case in await Case.filter(id__in=one.cases, ended_at=None).select_related("key").order_by("id"):
        if await CaseEntry.questions(case):
            return None
        if not any(way.kind in reach.kinds for way in await other_ways(case)):
            lacking = lacking or case
    return lacking


async def _ask(one: SilentSoon, tell: Tell, reach: Reach, now: datetime, wall: datetime) -> bool:
    """Ask one customer, unless that was done meanwhile, or is needed no more."""
    case = await _to_be_asked(one, reach)
    if case is None or not await CaseEntry.once(case.id, Entry.WAY_ASKED, "", now):
        return False
    await tell(ToChat(one.chat, Say("second_way.wanted", code=case.code, **_by(reach.kinds))), now, wall)
    return True


def _by(kinds: Collection[Kind]) -> dict[str, Say]:
    """Which kinds of contact can be written to, in words."""
    return {"by": Say(f"second_way.by.{'either' if len(kinds) > 1 else next(iter(kinds))}")}


async def by_what(turn: Turn[Naming]) -> Mapping[str, object]:
    return _by(turn.letters)


@second_way.opening
async def begin(turn: Turn[Naming]) -> Go[Naming] | Done:
    if not await _open_cases(turn):
        return Done("no_case", offer=("complaint", "menu"))
    if not turn.letters:
        return Done("no_way", email=turn.shop.email, offer=("human", "menu"))
    return Go(contact, turn.draft)


@second_way.step(AnyContact() | Choice(Decline), show=by_what)
async def contact(turn: Turn[Naming], typed: str | Decline) -> Go[Naming] | Done:
    named = None if isinstance(typed, Decline) else kind_of(typed)
    return await kept(turn, *named) if named else await declined(turn)


@second_way.overhearing
async def answered(turn: Turn[Naming]) -> Go[Naming] | Done | None:
    """Whoever was asked by the clock just writes the contact, or that there is none."""
    cases = await _open_cases(turn)
    said = [
        entry.kind
        for entry in await CaseEntry.filter(
            case_id__in=[case.id for case in cases],
            kind__in=[Entry.WAY_ASKED, Entry.WAY_GIVEN, Entry.WAY_DECLINED],
        ).order_by("id")
    ]
    if not turn.letters or said[-1:] != [Entry.WAY_ASKED]:
        return None
    text = turn.message.text or ""
    if named := kind_of(text):
        return await kept(turn, *named)
    if fold(text) in NO and not any([await CaseEntry.questions(case) for case in cases]):
        return await declined(turn)
    return None


async def kept(turn: Turn[Naming], kind: Kind, value: str) -> Go[Naming] | Done:
    """From now on the contact gets hints, in all open cases of this chat; a code follows that proves it."""
    if kind not in turn.letters:
        return Go(contact, Naming(), Say("not_by"))
    if kind is Kind.PHONE and not is_mobile(value):
        return Go(contact, Naming(), Say("no_mobile"))
    for case in await _open_cases(turn):
        await case.reach_by(value)
        await CaseEntry.add(case, Entry.WAY_GIVEN, turn.now)
        await Event.record(Tag.CASE_WAY_GIVEN, turn.now, chat=turn.chat, case=case.id, detail=kind)
    return await sent(turn, Naming(kind, value))


async def sent(turn: Turn[Naming], named: Naming) -> Go[Naming] | Done:
    refusal = await send_code(turn, named.kind, named.value, anew=True)
    return unproven(turn, named) if refusal else Go(code, named)


async def to_whom(turn: Turn[Naming]) -> Mapping[str, object]:
    return {"contact": _words(turn, turn.draft)}


@second_way.step(Code() | Choice(Again), show=to_whom)
async def code(turn: Turn[Naming], typed: str | Again) -> Go[Naming] | Done | Invalid:
    named = turn.draft
    if typed is Again.LATER:
        return unproven(turn, named)
    if typed is Again.RESEND:
        return await sent(turn, named)
    check, left = await guess(turn, named.kind, named.value, typed)
    match check:
        case Check.RIGHT:
            await prove_contact(turn, named.kind, named.value, Method.CODE, record=await _whose(turn))
            return Done("proven", contact=_words(turn, named), offer=("status", "menu"))
        case Check.WRONG:
            return Invalid("wrong", left=left)
        case Check.EXPIRED:
            return Invalid("expired")
        case Check.SHUT:
            return unproven(turn, named)


def unproven(turn: Turn[Naming], named: Naming) -> Done:
    return Done("unproven", contact=_words(turn, named), offer=("status", "menu"))


def _words(turn: Turn[Naming], named: Naming) -> str:
    return contact_in_words(turn, named.kind, named.value)


async def declined(turn: Turn[Naming]) -> Done:
    for case in await _open_cases(turn):
        await CaseEntry.add(case, Entry.WAY_DECLINED, turn.now)
    return Done("declined", offer=("status", "menu"))


async def _whose(turn: Turn[Naming]) -> UUID | None:
    """The one record behind all these cases, if there is one: then it is nobody new who names a contact."""
    behind = {tuple(await records_of(case)) for case in await _open_cases(turn)}
    [records] = behind if len(behind) == 1 else {()}
    return records[0] if len(records) == 1 else None


async def _open_cases(turn: Turn[Naming]) -> list[Case]:
    """The open cases that were filed in this chat."""
    return await Case.filter(chat=turn.chat, ended_at=None).select_related("key").order_by("id")
