"""Làm thay người khác: who acts for a child, for somebody who authorised them, or for somebody who has died.

    whom -> want -> about -> reach -> (recorded) -> files ... -> done

A person looks at the papers and decides: a child's rights are exercised by its legal representative (Law
91/2025 Art. 24(2)), and no machine can tell who that is. Nothing of any record is shown here.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import Enum
from uuid import UUID

from chatbot.answers import Choice, Note, Text, TextOrFiles
from chatbot.conversation import Conversation, Done, Go, Say, Turn
from handlers.human import added
from models.chat import Chat
from models.event import Event, Tag
from models.tally import Limit, Tally
from models.wish import For, Want, Wish

REPRESENTED = Limit("represented.chat", 5, timedelta(hours=24))


@dataclass(frozen=True, slots=True)
class Acting:
    """What was told so far, and the wish once it is recorded."""

    whom: For = For.CHILD
    want: Want = Want.OTHER
    about: str = field(default="", repr=False)
    wish: UUID | None = None


class Whom(Enum):
    """For whom one acts."""

    CHILD = For.CHILD.value
    AUTHORISED = For.AUTHORISED.value
    DIED = For.DIED.value


class Enough(Enum):
    """Nothing more to add."""

    DONE = "done"


representative = Conversation(
    "representative",
    Acting,
    expires=timedelta(days=1),
    commands=("daidien", "representative"),
    intents=("represent",),
)


@representative.step(Choice(Whom))
async def whom(turn: Turn[Acting], picked: Whom) -> Go[Acting]:
    return Go(want, replace(turn.draft, whom=For(picked.value)))


@representative.step(Choice(Want))
async def want(turn: Turn[Acting], picked: Want) -> Go[Acting]:
    return Go(about, replace(turn.draft, want=picked))


@representative.step(Text(min=10, max=3000))
async def about(turn: Turn[Acting], typed: str) -> Go[Acting]:
    return Go(reach, replace(turn.draft, about=typed))


@representative.step(Text(max=300))
async def reach(turn: Turn[Acting], typed: str) -> Go[Acting] | Done:
    """Recorded at once; papers may follow."""
    if await Tally.charge(REPRESENTED, str(turn.chat), turn.wall) > REPRESENTED.most:
        return Done("too_many", email=turn.shop.email)
    chat = await Chat.hold_by_id(turn.chat)
    if chat is None:
        raise LookupError("the chat of this turn is gone")
    draft = turn.draft
    wish = await Wish.represent(chat, draft.whom, draft.want, (draft.about, typed), turn.now)
    await Event.record(Tag.PERSON_WANTED, turn.now, chat=turn.chat, detail=draft.whom)
    turn.tell_staff(Say("representative.wanted", count=await Wish.count_waiting()), gathered=True)
    recorded = Say("recorded", hours=turn.shop.office_hours, address=turn.shop.address)
    return Go(files, Acting(draft.whom, draft.want, wish=wish.id), recorded, recorded=True)


@representative.step(TextOrFiles() | Choice(Enough))
async def files(turn: Turn[Acting], said: Note | Enough) -> Go[Acting] | Done:
    if isinstance(said, Enough) or turn.draft.wish is None:
        return Done("noted")
    if await added(turn, turn.draft.wish, said, "representative.wanted"):
        return Go(files, turn.draft, Say("kept"))
    return Done("enough", email=turn.shop.email)
