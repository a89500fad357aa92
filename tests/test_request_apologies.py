"""What customers hear when the promised day of their request is missed."""

from __future__ import annotations

import asyncio

import pytest

from chatbot.conversation import Notice
from chatbot.messages import Kind
from handlers.request_apologies import apologise_for_requests
from models.change import Change, ChangeKind
from models.chat import Chat
from models.data_request import DataRequest, RequestKind, RequestState
from models.database import run_tx
from models.entered import Way, enter_request
from models.keys import SubjectKey, new_id
from models.outgoing import Outgoing, State
from tests.cases import REACH, SECOND, SHOP, Watch, at, staff_messages
from tests.conftest import Database
from tests.people import PHONE_E164, put_on_file
from tests.requests import a_request

FILED = at("2026-10-01T10:00")
MORNING = at("2026-10-17T08:00")
SWEEP = "requests"


async def by_hand(contact: tuple[Kind, str] | None) -> DataRequest:
    """A request that staff entered by hand."""
    return await run_tx(
        lambda: enter_request(
            RequestKind.OBJECT,
            "Đừng gọi nữa.",
            way=Way.PHONE,
            contact=contact,
            language="vi",
            arrived=FILED,
            member=new_id(),
            now=FILED,
            calendar=SHOP.calendar,
        )
    )


async def test_a_missed_day_is_apologised_for_once(database: Database) -> None:
    """From 08:00 on the day after, be it a day off: what was promised, how it stands, whom else to turn
    to."""
    request = await a_request(await put_on_file(FILED), FILED)  # 15 days: Friday 16/10
    told = await Watch().hourly(at("2026-10-15T00:00"), at("2026-10-20T00:00"), SWEEP)
    assert list(told) == ["Sat 17/10 08:00"]
    [[text]] = told.values()
    for words in (request.code, "xin lỗi", "thứ Sáu, 16/10/2026", "chưa được thực hiện xong", "Bộ Công an"):
        assert words in text, words


async def test_it_says_what_is_done_here_and_what_is_not_elsewhere(database: Database) -> None:
    """And nothing at all of a request that was closed, or is not due yet."""
    customer = await put_on_file(FILED)
    waits, done = await a_request(customer, FILED), await a_request(customer, FILED)
    await a_request(customer, FILED, RequestKind.ERASE)
    await run_tx(lambda: Change.enter(waits, ChangeKind.OPTED_OUT, ("offers",), FILED))
    await run_tx(lambda: done.close(RequestState.DONE, FILED))
    [text] = await Watch().sweep(MORNING, SWEEP)
    assert waits.code in text
    assert "Tại đây yêu cầu đã có hiệu lực" in text
    assert SHOP.other_systems[0] in text


async def test_a_chat_that_does_not_take_it_is_made_up_for(database: Database) -> None:
    """At the contact that stands in the record, without a word of what it is."""
    request, watch = await a_request(await put_on_file(FILED), FILED), Watch()
    await watch.sweep(MORNING, SWEEP)
    for row in await Outgoing.filter(about=request.id):
        await Outgoing.filter(id=row.id).update(state=State.FAILED, settled_at=row.queued_at)
    [hint] = await watch.sweep(MORNING, SWEEP)
    assert "có tin về yêu cầu" in hint
    assert (await Outgoing.get(outlet="sms")).about == request.id
    assert await watch.sweep(MORNING, SWEEP) == []


@pytest.mark.parametrize(
    ("contact", "outlet", "whole"),
    [((Kind.EMAIL, SECOND), "email", True), ((Kind.PHONE, PHONE_E164), "sms", False), (None, "staff", False)],
)
async def test_of_a_request_that_was_entered_by_hand(
    database: Database, contact: tuple[Kind, str] | None, outlet: str, whole: bool
) -> None:
    """It goes to its contact, by text message without what was asked for; without one staff say it."""
    await by_hand(contact)
    [text] = await Watch().sweep(MORNING, SWEEP)
    assert (await Outgoing.get()).outlet == outlet
    assert ("Phản đối" in text) is whole
    assert len(await staff_messages()) == (contact is None)


async def test_an_erased_customers_chat_still_hears_it(database: Database) -> None:
    """What is said needs no key of the record."""
    request = await a_request(await put_on_file(FILED), FILED)
    await SubjectKey.filter(id=request.customer).delete()
    assert len(await Watch().sweep(MORNING, SWEEP)) == 1


async def test_two_workers_at_once_apologise_once(database: Database) -> None:
    """To each of many customers."""
    customer = await put_on_file(FILED)
    for _ in range(12):
        await a_request(customer, FILED)
    told: list[Notice] = []

    async def tell(notice: Notice, now: object, wall: object) -> None:
        told.append(notice)

    sweeps = (apologise_for_requests(SHOP, tell, REACH, MORNING, MORNING) for _ in range(3))
    counts = await asyncio.gather(*sweeps)
    assert (sum(counts), len(told)) == (12, 12)
    assert await Chat.all().count() == 1
