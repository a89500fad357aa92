"""Yêu cầu của tôi: how one's data subject requests stand, and what they were answered.

Where a text message or a hint says that there is an answer, this is where it is read. A request of a record
is shown to whom that record stands open, one of nobody's to who has proven the contact that it came with; of
an erased customer only the register is left.
"""

from __future__ import annotations

from chatbot.clock import local_date
from chatbot.conversation import Conversation, Done, Go, Needs, Paragraph, Say, Turn
from chatbot.values import WithWeekday
from handlers.menu import Nothing
from models.data_request import DataRequest, RequestState
from models.legal_hold import Ground

MOST_TOLD = 10

own_requests = Conversation(
    "own_requests", Nothing, needs=Needs.PROVEN, commands=("yeucau", "yeucaucuatoi", "myrequests")
)


@own_requests.opening
async def show(turn: Turn[Nothing]) -> Go[Nothing] | Done:
    found = await DataRequest.of_person(turn.person)
    if not found:
        return Done("nothing", shop=turn.shop.name, offer=("profile", "menu"))
    lines = [say for request in found[:MOST_TOLD] for say in await _told(turn, request)]
    more = [Paragraph("more", count=len(found) - MOST_TOLD)] if len(found) > MOST_TOLD else []
    turn.keep_private()
    return Done("heading", *lines, *more, offer=("status", "menu"))


async def _told(turn: Turn[Nothing], request: DataRequest) -> list[Say]:
    """One request: how it stands, until when, and what staff have said of it, in full: it is what the
    customer was to be told."""
    kind, limit = Say(f"request.kind.{request.kind}"), await request.limit()
    lines: list[Say] = [
        Paragraph(
            f"own_requests.stands.{request.state}", code=request.code, kind=kind, at=request.closed_at or ""
        )
    ]
    if limit and request.state is RequestState.OPEN:
        due = WithWeekday(limit.promised_on)
        lines.append(
            Say("late", due=due) if local_date(turn.now) > limit.promised_on else Say("due", due=due)
        )
    # The reason of an extension, then the answer.
    words = [await request.opened(column) for column in ("reason", "answer")]
    return [*lines, *(_answer(request, one) for one in words if one)]


def _answer(request: DataRequest, words: str) -> Say:
    """What was answered: by staff in their own words, by the program with the ground of a legal hold."""
    ground = Ground.of(words) if request.closed_by is None else None
    return Say(f"own_requests.held.{ground}") if ground else Say("words", words=words)
