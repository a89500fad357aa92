"""Xoá dữ liệu: what goes, what stays and why; a typed confirmation; then time to change one's mind.

(what goes, what stays) -> confirm -> (frozen, every contact warned; handlers/keep.py undoes it)
        |                     '-----> a copy first, or not at all
        '-> a legal hold stands: refused, with the reason

As long as the record waits it is shown, used and sent to nobody (``models/erasure.py``). Who carries it out
is ``chatbot/eraser.py``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from uuid import UUID

from chatbot.answers import Answer, Choice, Invalid
from chatbot.conversation import Conversation, Done, Go, Needs, Paragraph, Say, Turn
from chatbot.folding import fold
from chatbot.messages import Inbound
from handlers.corrections import own_record
from handlers.owner import warned
from handlers.requests import entered
from models.belonging import cases_of, shares_of
from models.change import take_back
from models.contact_change import ContactChange
from models.customer import Customer
from models.data_request import DataRequest, RequestKind, RequestState
from models.erasure import Erasure, Why
from models.legal_hold import LegalHold
from models.outgoing import Outgoing
from models.promises import TERMS, Promise
from models.tally import Limit, Tally
from models.upload import Upload

ASKS = Limit("erasure.ask", 5, timedelta(days=1))
"""How often one record may be asked for, and kept again: each time all its contacts are warned."""


@dataclass(frozen=True, slots=True)
class Erasing:
    """The record that is to go."""

    record: UUID | None = None


class Instead(Enum):
    """Not now."""

    COPY = "copy"
    NO = "no"


class Phrase(Answer[bool]):
    """The words that confirm it, with or without accents, large or small, in either language."""

    words = frozenset({"xoa du lieu", "erase my data"})

    def read(self, message: Inbound) -> bool | Invalid:
        return fold(message.text or "").strip(" .!\"“”'") in self.words or Invalid("erase.confirm.wrong")


erase = Conversation(
    "erase",
    Erasing,
    needs=Needs.FRESH,
    commands=("xoadulieu", "erase", "delete"),
    intents=("delete_data",),
    expires=timedelta(minutes=30),
    resumes=False,
)


@erase.opening
async def begin(turn: Turn[Erasing]) -> Go[Erasing] | Done:
    record = await own_record(turn)
    if isinstance(record, Done):
        return record
    if hold := await LegalHold.of(record):
        return await refused(turn, hold)
    if await Tally.full(ASKS, str(record.id), turn.wall):
        return Done("often", most=ASKS.most, email=turn.shop.email, offer=("human", "menu"))
    undo = Paragraph("undo", period=turn.shop.undo) if turn.shop.undo else Paragraph("at_once")
    return Go(confirm, Erasing(record.id), *await goes(record), *await stays(turn, record), undo)


async def goes(record: Customer) -> list[Say]:
    """What goes, counted and without a value of it. A chat that others use too stays theirs, so it is not
    counted."""
    shares = await shares_of(record.id)
    chats = [chat for chat, share in shares.items() if share.whole]
    messages = await Outgoing.filter(subject__in=chats).count() if chats else 0
    files = await Upload.filter(chat_id__in=chats).count() if chats else 0
    return [
        Say("goes", contacts=len(record.opened().contacts)),
        *([Say("goes_chats", chats=len(chats), messages=messages, files=files)] if chats else []),
        Say("goes_copies"),
    ]


async def stays(turn: Turn[Erasing], record: Customer) -> list[Say]:
    """What stays, until when, and why."""
    cases = await cases_of(record.id, await shares_of(record.id))
    open_ = ", ".join(case.code for case in cases if case.ended_at is None)
    ended = sum(case.ended_at is not None for case in cases)
    systems, days = ", ".join(turn.shop.other_systems), TERMS[Promise.ERASE].days
    return [
        Paragraph("stays"),
        *([Say("stays_case", codes=open_)] if open_ else []),
        *([Say("stays_ended", cases=ended)] if ended else []),
        *([Say("stays_elsewhere", systems=systems, days=days)] if systems else []),
        Say("stays_messenger"),
    ]


async def refused(turn: Turn[Erasing], hold: LegalHold) -> Done:
    """A legal hold stands: the request is entered and refused with the reason that the customer is told
    (Law 91/2025/QH15 Art. 14(2)); to restrict the use of the data is possible all the same."""
    request = await _request(turn)
    key, params = hold.told
    why = Say(key, **params)
    await request.close(RequestState.REFUSED, turn.now, words=turn.words(why))
    restrict = Paragraph("instead", code=request.code)
    return Done("held", why, restrict, offer=("preferences", "complaint", "export", "human", "menu"))


async def facts(turn: Turn[Erasing]) -> Mapping[str, object]:
    return {"shop": turn.shop.name}


@erase.step(Phrase() | Choice(Instead), show=facts)
async def confirm(turn: Turn[Erasing], said: bool | Instead) -> Done:
    if said is Instead.COPY:
        return Done("copy_first", then="export")
    if said is Instead.NO:
        return Done("not_erased", shop=turn.shop.name, offer=("preferences", "menu"))
    record = await own_record(turn, turn.draft.record)
    if isinstance(record, Done):
        return record
    if hold := await LegalHold.of(record):
        return await refused(turn, hold)
    return await begun(turn, record)


async def begun(turn: Turn[Erasing], record: Customer) -> Done:
    """Freeze the record, take back the customer's other requests, and warn whoever's it may be."""
    await Tally.charge(ASKS, str(record.id), turn.wall)
    due_at = turn.now + turn.shop.undo
    owners = (*record.opened().contacts, *await ContactChange.gone_from(record, turn.now))
    request = await _request(turn)
    others = await take_back(record.id, request.id, turn.now)
    waits = await Erasure.begin(
        record, Why.ASKED, due_at=due_at, now=turn.now, request=request.id, chat=turn.chat
    )
    if turn.shop.undo:
        await warned(turn, owners, "contact.erasure", due_at, await waits.link())
    else:
        await warned(turn, owners, "contact.erased_at_once", due_at, None)
    turn.tell_staff(Say("erase.staff", code=request.code, at=due_at))
    codes = ", ".join(other.code for other in others)
    taken_back = [Say("taken_back", codes=codes)] if codes else []
    if not turn.shop.undo:
        return Done("begun_at_once", *taken_back, code=request.code)
    return Done("begun", *taken_back, Paragraph("until_then"), code=request.code, at=due_at, offer=("keep",))


async def _request(turn: Turn[Erasing]) -> DataRequest:
    """The request in the register: one that staff entered, or that a platform sent, and that waited to be
    confirmed, or a new one."""
    waits = await DataRequest.unconfirmed(turn.chat, turn.person, turn.now)
    return waits or await entered(turn, RequestKind.ERASE)
