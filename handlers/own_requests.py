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
from models.erasure import unconfirmed

MOST_TOLD = 10

own_requests = Conversation(
    "own_requests", Nothing, needs=Needs.PROVEN, commands=("yeucau", "yeucaucuatoi", "myrequests")
)


@own_requests.opening
async def show(turn: Turn[Nothing]) -> Go[Nothing] | Done:
    found = await DataRequest.of_person(turn.person)
    if not found:
        return Done("nothing", shop=turn.shop.name, offer=("profile", "menu"))
    told = found[:MOST_TOLD]
    waits = {request.id for request in told if await unconfirmed(request)}
    lines = [say for request in told for say in await _told(turn, request, waits=request.id in waits)]
    more = [Paragraph("more", count=len(found) - MOST_TOLD)] if len(found) > MOST_TOLD else []
    turn.keep_private()
    return Done("heading", *lines, *more, offer=(*(("erase",) if waits else ()), "status", "menu"))


async def _told(turn: Turn[Nothing], request: DataRequest, *, waits: bool) -> list[Say]:
    """One request: how it stands, until when, and what staff have said of it, in full: it is what the
    customer was to be told. One that ``waits`` does so for the customer's own confirmation."""
    kind, limit = Say(f"request.kind.{request.kind}"), await request.limit()
    facts = {"code": request.code, "kind": kind, "at": request.closed_at or ""}
    stands = "unconfirmed" if waits else str(request.state)
    lines: list[Say] = [Paragraph(f"own_requests.stands.{stands}", **facts)]
    if limit and request.state is RequestState.OPEN:
        due = WithWeekday(limit.promised_on)
        lines.append(
            Say("late", due=due) if local_date(turn.now) > limit.promised_on else Say("due", due=due)
        )
    # The reason of an extension, then the answer.
    words = [await request.opened(column) for column in ("reason", "answer")]
    return [*lines, *(Say("words", words=one) for one in words if one)]
