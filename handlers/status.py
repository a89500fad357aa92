"""Khiếu nại của tôi: see how one's cases stand, add to them, and have the last word.

    choose -> act -> add ... -> act
               |---> decision (shown) -> act
               |---> withdraw | accept -> done
               '---> appeal (once) -----> done

Who may see a case: the chat where it was filed, and whoever has proven one of its contacts. That is asked
anew at every step that shows or ends something; words and files for a case that was opened here are
taken in any case, so that nothing that is typed is lost when a proof has idled out meanwhile.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum
from typing import Any
from uuid import UUID

from chatbot.answers import Answer, Choice, Files, Invalid, Listed, Note, Text, TextOrFiles
from chatbot.case_words import due_words
from chatbot.conversation import Conversation, Done, Go, Labelled, Paragraph, Say, Step, Turn
from chatbot.folding import fold
from chatbot.messages import About, Inbound, Matter
from handlers.case_view import decided, decision_letter, stands, told
from handlers.staff.card import page_of, taking
from models.case import Case, arrival
from models.case_entry import CaseEntry, Entry
from models.case_states import MOVES, CaseState, Move
from models.deadline import Deadline
from models.event import Event, Tag
from models.evidence import MOST_FILES, Evidence
from models.letters import is_untold
from models.promises import Promise
from models.reply import CaseReply


@dataclass(frozen=True, slots=True)
class Looking:
    """The case that is open."""

    case: UUID | None = None


class Enough(Enum):
    """Nothing more to add."""

    DONE = "done"


class YesNo(Enum):
    """Yes or no."""

    YES = "yes"
    NO = "no"


class NotNow(Enum):
    """Not after all."""

    NOT_NOW = "not_now"


class Number(Answer[str]):
    """The number of a case, however it is typed."""

    def read(self, message: Inbound) -> str | Invalid:
        return number_in(message.text) or Invalid("answer.choice.invalid")


_NUMBER = re.compile(r"\b(?:kn ?(20\d\d) ?|(20\d\d) )(\d{1,6})(?: ?[0-9a-z])?\b")
_MOST_LISTED = 10

status = Conversation(
    "status",
    Looking,
    expires=timedelta(days=1),
    commands=("theodoi", "khieunaicuatoi", "mycases"),
    intents=("track_case", "add_evidence", "withdraw_case"),
    resumes=False,
)


@status.opening
async def begin(turn: Turn[Looking]) -> Go[Looking] | Done:
    """A number that stands in the message opens a case of this chat or person; any other number is met
    with the same words, whether there is such a case or not."""
    cases = await Case.of_person(turn.chat, turn.person)
    typed = number_in(turn.message.text)
    case = find(cases, typed) if typed else cases[0] if len(cases) == 1 else None
    if case:
        return await opened(turn, case)
    if not cases:
        words = Say("by_number") if typed else Say("none")
        return Done(None, words, offer=("identity", "complaint", "menu"))
    return Go(choose, Looking(), *([Say("by_number")] if typed else []))


def number_in(text: str | None) -> str | None:
    """Year and number of the case that a text names, such as ``2026-123``."""
    found = _NUMBER.search(fold(text or ""))
    return f"{found[1] or found[2]}-{int(found[3])}" if found else None


def find(cases: Sequence[Case], meant: str) -> Case | None:
    """The case of an option's id or of a typed number, among those that may be seen."""
    return next((case for case in cases if meant in (str(case.id), f"{case.year}-{case.number}")), None)


async def visible(turn: Turn[Looking]) -> Case | None:
    """The open case, where it may be seen from here."""
    return find(await Case.of_person(turn.chat, turn.person), str(turn.draft.case))


async def opened(turn: Turn[Looking], case: Case) -> Go[Looking]:
    """A case with all there is to tell. Where staff have asked something, what comes next answers it. A
    decision that was refused elsewhere is sent here: the customer has come to read it."""
    if await is_untold(case):
        turn.tell_chat(turn.chat, decision_letter(case), About(case.id, Matter.DECISION))
    asked = await CaseEntry.questions(case) and case.ended_at is None
    return Go(add if asked else act, Looking(case.id), *await told(turn, case))


def out_of_reach() -> Done:
    """The proof has idled out, or the case is gone."""
    return Done("out_of_reach", offer=("identity", "menu"))


async def listing(turn: Turn[Looking]) -> list[Labelled]:
    cases = await Case.of_person(turn.chat, turn.person)
    return [
        Labelled(str(case.id), Say(f"status.label.{case.state}", code=case.code))
        for case in cases[:_MOST_LISTED]
    ]


@status.step(Number() | Listed(), listed=listing)
async def choose(turn: Turn[Looking], meant: str) -> Go[Looking] | Done:
    case = find(await Case.of_person(turn.chat, turn.person), meant)
    return await opened(turn, case) if case else Done("by_number", offer=("identity", "complaint", "menu"))


async def acts(turn: Turn[Looking]) -> list[str]:
    """What may be done with a case as it stands."""
    cases = await Case.of_person(turn.chat, turn.person)
    case = find(cases, str(turn.draft.case))
    if case is None:
        return ["close"]
    possible = [
        ("add", case.ended_at is None),
        ("decision", case.decision is not None and case.state is not CaseState.DECIDED),
        ("accept", case.state in MOVES[Move.ACCEPT].source),
        ("appeal", case.state in MOVES[Move.APPEAL].source),
        ("withdraw", case.state in MOVES[Move.WITHDRAW].source),
        ("list", len(cases) > 1),
    ]
    return [*(name for name, may in possible if may), "close"]


@status.step(Files() | Listed(), listed=acts)
async def act(turn: Turn[Looking], picked: Note | str) -> Go[Looking] | Done:
    """Files that come without being asked for belong to the case."""
    if isinstance(picked, Note):
        return await taken(turn, picked)
    case = await visible(turn)
    match picked:
        case "close":
            return Done("closed")
        case "list":
            return Go(choose, Looking()) if case else out_of_reach()
        case _ if case is None:
            return out_of_reach()
        case _ if picked not in await acts(turn):
            return await too_late(turn)
        case "decision":
            last = [Paragraph("elsewhere")] if case.round > 1 else []
            return Go(act, turn.draft, *decided(case), *last)
        case "appeal" if case.round > 1:
            return Go(act, turn.draft, Say("appealed_before"), Paragraph("elsewhere"))
    asks: tuple[Step[Looking, Any], ...] = (add, withdraw, accept, appeal)
    return Go(next(step for step in asks if step.name == picked), turn.draft)


@status.step(TextOrFiles() | Choice(Enough))
async def add(turn: Turn[Looking], said: Note | Enough) -> Go[Looking] | Done:
    if isinstance(said, Note):
        return await taken(turn, said)
    return Go(act, turn.draft) if await visible(turn) else out_of_reach()


async def taken(turn: Turn[Looking], note: Note) -> Go[Looking] | Done:
    """Words and files join the case, whatever has become of it. Staff hear how much came, never what: they
    read that in the staff room."""
    draft = turn.draft
    case = await Case.load(draft.case) if draft.case else None
    if case is None:
        return out_of_reach()
    arrived = arrival(turn.message.at, turn.now)
    if note.text:
        await keep_words(turn, case, note.text, arrived)
    files = await Evidence.add(case, turn.message.address.channel, note.files, arrived, turn.wall)
    if files:
        await CaseEntry.add(case, Entry.CUSTOMER_SENT_FILES, arrived)
        tag = Tag.CASE_EVIDENCE_ADDED
        await Event.record(tag, turn.now, chat=turn.chat, case=case.id, detail=str(files))
        photos = sum(file.mime.startswith("image/") for file in note.files[:files])
        await CaseReply.add(case.id, turn.now, photos=photos, files=files - photos)
    if files < len(note.files):
        return Go(add, draft, Say("too_many", most=MOST_FILES))
    return Go(add, draft, Say("files_noted") if files else Say("noted"))


@status.overhearing
async def answered(turn: Turn[Looking]) -> Go[Looking] | Done | Invalid | None:
    """Whoever was asked something by staff mostly just writes the answer, with no case open."""
    for case in await Case.of_person(turn.chat, turn.person):
        if case.ended_at is None and await CaseEntry.questions(case):
            note = TextOrFiles().read(turn.message)
            if isinstance(note, Invalid):
                return note
            return await taken(replace(turn, draft=Looking(case.id)), note)
    return None


async def keep_words(turn: Turn[Looking], case: Case, words: str, arrived: datetime) -> None:
    await CaseEntry.add(case, Entry.CUSTOMER_WROTE, arrived, words=words)
    await Event.record(Tag.CASE_WORDS_ADDED, turn.now, chat=turn.chat, case=case.id)
    await CaseReply.add(case.id, turn.now, texts=1)


@status.step(Choice(YesNo))
async def withdraw(turn: Turn[Looking], picked: YesNo) -> Go[Looking] | Done:
    return await ended(turn, picked, Case.withdraw, Entry.WITHDRAWN, Tag.CASE_WITHDRAWN)


@status.step(Choice(YesNo))
async def accept(turn: Turn[Looking], picked: YesNo) -> Go[Looking] | Done:
    return await ended(turn, picked, Case.accept, Entry.ACCEPTED, Tag.CASE_ACCEPTED)


async def ended(
    turn: Turn[Looking],
    picked: YesNo,
    verb: Callable[[Case, datetime], Awaitable[bool]],
    entry: Entry,
    tag: Tag,
) -> Go[Looking] | Done:
    """The customer's last word, once they have confirmed it."""
    if picked is YesNo.NO:
        return Go(act, turn.draft)
    case = await visible(turn)
    if case is None:
        return out_of_reach()
    if not await verb(case, turn.now):
        return await too_late(turn)
    await CaseEntry.add(case, entry, turn.now)
    await Event.record(tag, turn.now, chat=turn.chat, case=case.id)
    turn.tell_staff(Say(f"status.staff.{entry}", code=case.code), page=page_of(case))
    return Done(f"status.ended.{entry}", code=case.code, offer=("status", "menu"))


@status.step(Text(min=20, max=4000) | Choice(NotNow))
async def appeal(turn: Turn[Looking], why: str | NotNow) -> Go[Looking] | Done:
    """Once: a new promise of 10 working days, kept by another member of staff."""
    if isinstance(why, NotNow):
        return Go(act, turn.draft)
    case = await Case.load(turn.draft.case) if turn.draft.case else None
    if case is None:
        return out_of_reach()
    arrived = arrival(turn.message.at, turn.now)
    if not await case.appeal(arrived, turn.shop.calendar):
        await keep_words(turn, case, why, arrived)
        return await too_late(turn)
    await CaseEntry.add(case, Entry.APPEALED, arrived, words=why)
    await Event.record(Tag.CASE_APPEALED, turn.now, chat=turn.chat, case=case.id)
    words = Say("status.staff.appealed", code=case.code)
    turn.tell_staff(words, page=page_of(case), offers=taking(case))
    resolve = await Deadline.running(case.id, Promise.RESOLVE)
    day = due_words(case, resolve, turn.shop.calendar) if resolve else []
    return Done("appealed", *day, code=case.code, offer=("status", "menu"))


async def too_late(turn: Turn[Looking]) -> Go[Looking] | Done:
    """Somebody was faster: how the case stands now, and after an appeal whom else one may turn to."""
    case = await visible(turn)
    if case is None:
        return out_of_reach()
    elsewhere = [Paragraph("elsewhere")] if case.round > 1 else []
    return Go(act, turn.draft, Say("too_late"), *await stands(turn, case), *elsewhere)
