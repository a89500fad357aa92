"""Gửi khiếu nại: file a complaint about the use of one's data, with proof.

category -> details -> when -> evidence -> remedy (-> amount) -> negotiate -> priority -> second
    ^                                                                                       |
    |___ one answer anew, and back ___ change <--- edit --- review <------------------------|
                                                              |
                                                            filed
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import Enum
from typing import Any

from chatbot import values
from chatbot.answers import AnyContact, Choice, Invalid, Listed, Money, Note, TextOrFiles
from chatbot.case_words import due_words
from chatbot.contacts import kind_of
from chatbot.conversation import Conversation, Done, Go, Paragraph, Say, Step, Turn
from chatbot.messages import Ability, FileRef
from handlers.codes import contact_in_words
from handlers.staff.card import page_of, taking
from models.case import Case, Category, Remedy, Statement, arrival
from models.case_entry import CaseEntry, Entry
from models.deadline import Deadline
from models.event import Event, Tag
from models.evidence import MOST_FILES, Evidence
from models.promises import Promise


@dataclass(frozen=True, slots=True)
class Draft:
    """A complaint that is being written. ``editing`` says that one answer is being changed, ``told`` that
    what may be proof was said at length."""

    category: Category | None = None
    what: str = field(default="", repr=False)
    when: str = field(default="", repr=False)
    files: tuple[FileRef, ...] = ()
    remedy: Remedy = Remedy.STOP
    amount: int | None = None
    negotiate: bool = False
    priority: bool = False
    second: str | None = field(default=None, repr=False)
    editing: bool = False
    told: bool = False


FEWEST_CHARACTERS = 20
"""Of a story: less tells nothing that could be looked into."""


class Skip(Enum):
    """Nothing to say to this."""

    SKIP = "skip"


class Enough(Enum):
    """No more files, or none at all."""

    DONE = "done"


class YesNo(Enum):
    """Yes or no."""

    YES = "yes"
    NO = "no"


class YesNoUnsaid(Enum):
    """Yes or no, or rather not say."""

    YES = "yes"
    NO = "no"
    UNSAID = "unsaid"


class Review(Enum):
    """Send it, or change it."""

    SEND = "send"
    EDIT = "edit"


complaint = Conversation(
    "complaint",
    Draft,
    expires=timedelta(days=7),
    commands=("khieunai", "complaint"),
    intents=("file_complaint",),
)


def onward(step: Step[Draft, Any], draft: Draft) -> Go[Draft]:
    """The next question, or back to the review where one answer was to be changed."""
    return Go(review, replace(draft, editing=False)) if draft.editing else Go(step, draft)


@complaint.step(Choice(Category))
async def category(turn: Turn[Draft], picked: Category) -> Go[Draft]:
    return onward(details, replace(turn.draft, category=picked))


def with_files(draft: Draft, files: tuple[FileRef, ...]) -> tuple[Draft, Say]:
    """The draft with more files, as many as one complaint takes, and what to say of them."""
    every = (*draft.files, *files)
    full = len(every) > MOST_FILES
    return replace(draft, files=every[:MOST_FILES]), Say("too_many", most=MOST_FILES) if full else Say(
        "noted"
    )


@complaint.step(TextOrFiles())
async def details(turn: Turn[Draft], sent: Note) -> Go[Draft] | Invalid:
    """Photos may come with the story, or before it: they are proof already."""
    draft, noted = with_files(turn.draft, sent.files)
    if sent.text and len(sent.text) >= FEWEST_CHARACTERS:
        return onward(when, replace(draft, what=sent.text))
    if sent.files:
        return Go(details, draft, noted)
    return Invalid("answer.text.too_short", min=FEWEST_CHARACTERS)


@complaint.step(TextOrFiles(max=200) | Choice(Skip))
async def when(turn: Turn[Draft], said: Note | Skip) -> Go[Draft]:
    if isinstance(said, Skip):
        return onward(evidence, replace(turn.draft, when=""))
    draft, noted = with_files(turn.draft, said.files)
    return onward(evidence, replace(draft, when=said.text)) if said.text else Go(when, draft, noted)


async def asked(turn: Turn[Draft]) -> Mapping[str, object]:
    """At length once: people send one photo after another."""
    count = len(turn.draft.files)
    if turn.draft.told:
        return {"asked": Say("complaint.evidence.more", count=count, most=MOST_FILES)}
    return {"asked": Say("complaint.evidence.how", count=count, most=MOST_FILES)}


@complaint.step(TextOrFiles() | Choice(Enough), show=asked)
async def evidence(turn: Turn[Draft], sent: Note | Enough) -> Go[Draft]:
    """Files one by one or as an album; words that come with them belong to the complaint."""
    draft = turn.draft
    if isinstance(sent, Enough):
        return onward(remedy, draft)
    what = f"{draft.what}\n\n{sent.text}" if sent.text else draft.what
    kept, noted = with_files(replace(draft, what=what, told=True), sent.files)
    return Go(evidence, kept, noted)


@complaint.step(Choice(Remedy))
async def remedy(turn: Turn[Draft], picked: Remedy) -> Go[Draft]:
    draft = replace(turn.draft, remedy=picked, amount=None)
    return Go(amount, draft) if picked is Remedy.COMPENSATION else onward(negotiate, draft)


@complaint.step(Money())
async def amount(turn: Turn[Draft], wanted: int) -> Go[Draft]:
    return onward(negotiate, replace(turn.draft, amount=wanted))


@complaint.step(Choice(YesNo))
async def negotiate(turn: Turn[Draft], picked: YesNo) -> Go[Draft]:
    """Whoever asks is taken up and negotiated with within 7 working days (Law 19/2023 Art. 57(2))."""
    return onward(priority, replace(turn.draft, negotiate=picked is YesNo.YES))


@complaint.step(Choice(YesNoUnsaid))
async def priority(turn: Turn[Draft], picked: YesNoUnsaid) -> Go[Draft]:
    """Vulnerable consumers come first (Law 19/2023 Art. 8). Where this channel falls silent after some days,
    the question for a second way says why it is asked."""
    draft = replace(turn.draft, priority=picked is YesNoUnsaid.YES)
    if Ability.FALLS_SILENT in turn.abilities and not draft.editing:
        return Go(second, draft, Say("falls_silent"))
    return onward(second, draft)


@complaint.step(AnyContact() | Choice(Skip, no=Skip.SKIP))
async def second(turn: Turn[Draft], contact: str | Skip) -> Go[Draft]:
    return onward(review, replace(turn.draft, second=None if isinstance(contact, Skip) else contact))


async def summary(turn: Turn[Draft]) -> Mapping[str, object]:
    """All that is to be filed; what does not apply is left out."""
    draft = turn.draft
    when = Say("complaint.line.when", when=draft.when) if draft.when else Say("complaint.line.when_unknown")
    lines = [
        Say("complaint.line.category", category=Say(f"complaint.category.choice.{draft.category}")),
        Say("complaint.line.what", what=draft.what),
        when,
        Say("complaint.line.files", count=len(draft.files)),
        Say("complaint.line.remedy", remedy=Say(f"complaint.remedy.choice.{draft.remedy}")),
    ]
    if draft.amount is not None:
        lines.append(Say("complaint.line.amount", amount=values.Money(draft.amount)))
    if draft.negotiate:
        lines.append(Say("complaint.line.negotiate"))
    if draft.priority:
        lines.append(Say("complaint.line.priority"))
    if contact := kind_of(draft.second or ""):
        lines.append(Say("complaint.line.second", contact=contact_in_words(turn, *contact)))
    return {"lines": tuple(lines)}


@complaint.step(Choice(Review), show=summary)
async def review(turn: Turn[Draft], picked: Review) -> Go[Draft] | Done:
    draft = turn.draft
    if picked is Review.EDIT:
        return Go(change, draft)
    if draft.category is None:
        return Go(category, draft)
    arrived = arrival(turn.message.at, turn.now)
    case = await Case.file(
        Statement(draft.what, draft.when, draft.remedy, draft.amount, draft.second),
        category=draft.category,
        chat=turn.chat,
        person=turn.person,
        priority=draft.priority,
        negotiate=draft.negotiate,
        arrived=arrived,
        calendar=turn.shop.calendar,
    )
    await CaseEntry.add(case, Entry.FILED, arrived)
    await Evidence.add(case, turn.message.address.channel, draft.files, arrived, turn.wall)
    await Event.record(Tag.CASE_FILED, turn.now, chat=turn.chat, case=case.id)
    filed = Say("complaint.staff_told", code=case.code, count=len(draft.files))
    turn.tell_staff(filed, page=page_of(case), offers=taking(case))
    words = [Say("complaint.keep_number"), Paragraph("complaint.without_evidence")]
    if resolve := await Deadline.running(case.id, Promise.RESOLVE):
        words = [Say("complaint.keep_number"), *due_words(case, resolve, turn.shop.calendar)]
    elif draft.files:
        words = [Say("complaint.keep_number"), Paragraph("complaint.evidence_is_fetched")]
    return Done("filed", *words, code=case.code, offer=("status", "menu"))


async def parts(turn: Turn[Draft]) -> list[str]:
    """What may be changed."""
    amount = ["amount"] if turn.draft.remedy is Remedy.COMPENSATION else []
    before = ["category", "details", "when", "evidence", "remedy"]
    return [*before, *amount, "negotiate", "priority", "second", "review"]


@complaint.step(Listed(), listed=parts)
async def change(turn: Turn[Draft], picked: str) -> Go[Draft]:
    """One question is asked anew."""
    asked: tuple[Step[Draft, Any], ...] = (
        category,
        details,
        when,
        evidence,
        remedy,
        amount,
        negotiate,
        priority,
        second,
    )
    step = next((step for step in asked if step.name == picked), review)
    return Go(step, replace(turn.draft, editing=step is not review))
