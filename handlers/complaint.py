"""Gửi khiếu nại: file a complaint about the use of one's data, with proof.

    category -> details -> when -> evidence -> remedy (-> amount -> negotiate) -> priority -> second
                   ^                                                                            |
                   |__________________________ edit __________________________ review <---------|
                                                                                 |
                                                                               filed
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import Enum

from chatbot.answers import AnyContact, Choice, Money, Note, Text, TextOrFiles
from chatbot.case_words import due_words
from chatbot.conversation import Conversation, Done, Go, Paragraph, Say, Turn
from chatbot.messages import FileRef
from models.case import Case, Category, Remedy, Statement, arrival
from models.case_entry import CaseEntry, Entry
from models.deadline import Deadline
from models.event import Event, Tag
from models.evidence import MOST_FILES, Evidence
from models.promises import Promise


@dataclass(frozen=True, slots=True)
class Draft:
    """A complaint that is being written."""

    category: Category | None = None
    what: str = field(default="", repr=False)
    when: str = field(default="", repr=False)
    files: tuple[FileRef, ...] = ()
    remedy: Remedy = Remedy.STOP
    amount: int | None = None
    negotiate: bool = False
    priority: bool = False
    second: str | None = field(default=None, repr=False)


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


@complaint.step(Choice(Category))
async def category(turn: Turn[Draft], picked: Category) -> Go[Draft]:
    return Go(details, replace(turn.draft, category=picked))


@complaint.step(Text(min=20, max=4000))
async def details(turn: Turn[Draft], text: str) -> Go[Draft]:
    return Go(when, replace(turn.draft, what=text))


@complaint.step(Text(max=200) | Choice(Skip))
async def when(turn: Turn[Draft], text: str | Skip) -> Go[Draft]:
    return Go(evidence, replace(turn.draft, when="" if isinstance(text, Skip) else text))


async def count(turn: Turn[Draft]) -> Mapping[str, object]:
    return {"count": len(turn.draft.files), "most": MOST_FILES}


@complaint.step(TextOrFiles() | Choice(Enough), show=count)
async def evidence(turn: Turn[Draft], sent: Note | Enough) -> Go[Draft]:
    """Files one by one or as an album; words that come with them belong to the complaint."""
    draft = turn.draft
    if isinstance(sent, Enough):
        return Go(remedy, draft)
    files = (*draft.files, *sent.files)
    what = f"{draft.what}\n\n{sent.text}" if sent.text else draft.what
    kept = replace(draft, files=files[:MOST_FILES], what=what)
    if len(files) > MOST_FILES:
        return Go(evidence, kept, Say("too_many", most=MOST_FILES))
    return Go(evidence, kept, Say("noted"))


@complaint.step(Choice(Remedy))
async def remedy(turn: Turn[Draft], picked: Remedy) -> Go[Draft]:
    draft = replace(turn.draft, remedy=picked, amount=None, negotiate=False)
    return Go(amount if picked is Remedy.COMPENSATION else priority, draft)


@complaint.step(Money())
async def amount(turn: Turn[Draft], wanted: int) -> Go[Draft]:
    return Go(negotiate, replace(turn.draft, amount=wanted))


@complaint.step(Choice(YesNo))
async def negotiate(turn: Turn[Draft], picked: YesNo) -> Go[Draft]:
    """Whoever asks to negotiate is answered within 7 working days (Law 19/2023 Art. 57(2))."""
    return Go(priority, replace(turn.draft, negotiate=picked is YesNo.YES))


@complaint.step(Choice(YesNo))
async def priority(turn: Turn[Draft], picked: YesNo) -> Go[Draft]:
    """Vulnerable consumers come first (Law 19/2023 Art. 8)."""
    return Go(second, replace(turn.draft, priority=picked is YesNo.YES))


@complaint.step(AnyContact() | Choice(Skip))
async def second(turn: Turn[Draft], contact: str | Skip) -> Go[Draft]:
    return Go(review, replace(turn.draft, second=None if isinstance(contact, Skip) else contact))


async def summary(turn: Turn[Draft]) -> Mapping[str, object]:
    draft = turn.draft
    return {"what": draft.what, "when": draft.when or "–", "count": len(draft.files)}


@complaint.step(Choice(Review), show=summary)
async def review(turn: Turn[Draft], picked: Review) -> Go[Draft] | Done:
    draft = turn.draft
    if picked is Review.EDIT or draft.category is None:
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
    turn.tell_staff(Say("complaint.staff_told", code=case.code, count=len(draft.files)))
    words = [Say("complaint.keep_number"), Paragraph("complaint.without_evidence")]
    if resolve := await Deadline.running(case.id, Promise.RESOLVE):
        words = [Say("complaint.keep_number"), *due_words(resolve, turn.shop.calendar)]
    elif draft.files:
        words = [Say("complaint.keep_number"), Paragraph("complaint.evidence_is_fetched")]
    return Done("filed", *words, code=case.code, offer=("status", "menu"))
