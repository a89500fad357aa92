"""What every conversation does that carries out a data subject request: enter it, and see it through in the
shop's other systems.

    request = await entered(turn, RequestKind.OBJECT)
    says = await carried_out(turn, request, ChangeKind.OPTED_OUT, ("offers",))
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chatbot.conversation import Say, Turn
from chatbot.values import WithWeekday
from models.case import arrival
from models.change import Change, ChangeKind
from models.data_request import DataRequest, RequestKind, RequestState
from models.receipts import receipt_of


async def entered(turn: Turn[Any], kind: RequestKind, asked: str | None = None) -> DataRequest:
    """The request that this message makes, in the register with its clocks; ``asked`` are the customer's
    words where staff must read them."""
    return await DataRequest.open(
        kind,
        chat=turn.chat,
        person=turn.person,
        arrived=arrival(turn.message.at, turn.now),
        calendar=turn.shop.calendar,
        asked=asked,
    )


async def carried_out(
    turn: Turn[Any], request: DataRequest, kind: ChangeKind, what: Sequence[str]
) -> list[Say]:
    """Our own part is done, or is about to be in this very transaction. Where the shop has other systems,
    staff are told to do it there too, and the request stays open until one of them says so; otherwise it
    is closed in this second. Returns what the customer is told."""
    if turn.shop.other_systems:
        await Change.enter(request, kind, what, turn.now)
    else:
        await request.close(RequestState.DONE, turn.now)
    return await stands(turn, request)


async def stands(turn: Turn[Any], request: DataRequest) -> list[Say]:
    """What the customer is told of a request whose own part is done; where it waits for the other systems,
    staff are told too."""
    if request.state is not RequestState.OPEN:
        return [Say("request.told.at_once", code=request.code)]
    systems = ", ".join(turn.shop.other_systems)
    turn.tell_staff(
        Say(
            "request.task",
            code=request.code,
            kind=Say(f"request.kind.{request.kind}"),
            systems=systems,
        )
    )
    limit = await request.limit()
    assert limit
    due = WithWeekday(limit.promised_on)
    receipt = receipt_of(request, limit)
    return [Say("request.told.elsewhere", code=request.code, systems=systems, due=due, receipt=receipt)]
