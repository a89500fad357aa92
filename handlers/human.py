"""Gặp nhân viên: the wish for a person is recorded at once; what it is about may follow.

(recorded) -> about -> about ... -> done
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import Enum
from typing import TypeVar
from uuid import UUID

from chatbot.answers import Choice, Note, TextOrFiles
from chatbot.conversation import Conversation, Done, Go, Say, Turn
from models.chat import Chat
from models.event import Event, Tag
from models.wish import Wish

D = TypeVar("D")


@dataclass(frozen=True, slots=True)
class Talk:
    """The wish that was recorded. ``told`` says that what may be written was said at length."""

    wish: UUID | None = None
    told: bool = False


class Enough(Enum):
    """Nothing more to add."""

    DONE = "done"


human = Conversation(
    "human",
    Talk,
    commands=("nhanvien", "staff"),
    intents=("talk_to_staff",),
    expires=timedelta(days=1),
    resumes=False,
)


@human.opening
async def record(turn: Turn[Talk]) -> Go[Talk]:
    """An open wish of the same chat is gone on with: asking twice makes no second one."""
    wish = await Wish.open_of(turn.chat)
    if wish is None:
        wish = await Wish.add(turn.chat, turn.now)
        await Event.record(Tag.PERSON_WANTED, turn.now, chat=turn.chat)
        turn.tell_staff(Say("human.wanted", count=await Wish.count_waiting()), gathered=True)
    shop = turn.shop
    answer = Say("recorded", hours=shop.office_hours, email=shop.email, address=shop.address)
    return Go(about, Talk(wish.id), answer)


async def asked(turn: Turn[Talk]) -> Mapping[str, object]:
    """At length once: people send one short message after another."""
    return {"asked": Say("human.about.more" if turn.draft.told else "human.about.how")}


@human.step(TextOrFiles() | Choice(Enough), show=asked)
async def about(turn: Turn[Talk], said: Note | Enough) -> Go[Talk] | Done:
    if isinstance(said, Enough) or turn.draft.wish is None:
        return Done("noted")
    if await added(turn, turn.draft.wish, said, "human.wanted"):
        return Go(about, replace(turn.draft, told=True), Say("kept"))
    return Done("enough", email=turn.shop.email)


async def added(turn: Turn[D], wish: UUID, said: Note, wanted: str) -> bool:
    """Words and files join a wish; False where it holds enough. After an answer they are a reply to it: the
    wish waits again, and staff are told by the text ``wanted``."""
    chat = await Chat.hold_by_id(turn.chat)
    if chat is None or not await Wish.append(wish, chat, said.text, said.files, turn.now):
        return False
    if await Wish.reopen(wish, turn.now):
        await Event.record(Tag.PERSON_WANTED, turn.now, chat=turn.chat)
        turn.tell_staff(Say(wanted, count=await Wish.count_waiting()), gathered=True)
    return True
