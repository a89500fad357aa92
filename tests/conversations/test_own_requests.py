"""Yêu cầu của tôi, as transcripts."""

from __future__ import annotations

from datetime import timedelta

import pytest

from chatbot.messages import Kind
from chatbot.texts import Texts
from models.customer import Customer
from models.data_request import DataRequest, RequestKind, RequestState
from models.database import run_tx
from models.entered import Way, enter_request
from models.keys import SubjectKey, new_id
from tests.chat import SHOP, CustomerChat, Desk
from tests.conftest import Database
from tests.people import PHONE, PHONE_E164, put_on_file
from tests.requests import a_request

WORDS = "Đã xoá ghi chú cũ."


async def entered(desk: Desk, contact: str = PHONE_E164) -> DataRequest:
    """A request that staff entered by hand with a phone number, and closed with words."""

    async def work() -> DataRequest:
        request = await enter_request(
            RequestKind.ERASE,
            "Xin xoá.",
            way=Way.PHONE,
            contact=(Kind.PHONE, contact),
            language="vi",
            arrived=desk.time.now(),
            member=new_id(),
            now=desk.time.now(),
            calendar=SHOP.calendar,
        )
        await request.close(RequestState.DONE, desk.time.now(), words=WORDS)
        return request

    return await run_tx(work)


async def proven(desk: Desk) -> CustomerChat:
    """A chat in which the number is proven."""
    chat = desk.chat(channel="messenger")
    await chat.says("/xacminh")
    await chat.says("1")
    await chat.shares(PHONE)
    return chat


async def test_who_proves_the_contact_reads_the_answer(database: Database) -> None:
    """Of a request that is of no record; nothing before the proof, and nothing of other contacts."""
    desk = Desk(texts=Texts)
    request, other = await entered(desk), await entered(desk, "+84900000007")
    chat = desk.chat()
    assert request.code not in "".join(await says(chat, "/yeucau"))
    chat = await proven(desk)
    [reply] = await says(chat, "/yeucau")
    assert request.code in reply
    assert WORDS in reply
    assert other.code not in reply


async def says(chat: CustomerChat, text: str) -> list[str]:
    """What is said in answer, in words."""
    await chat.says(text)
    return [reply.text for reply in chat.last]


@pytest.mark.parametrize(("days", "said"), [(0, "due"), (30, "late")])
async def test_one_that_is_open_says_until_when(database: Database, days: int, said: str) -> None:
    """And that the day was missed, where it was."""
    desk = Desk()
    customer = await put_on_file(desk.time.now())
    await a_request(customer, desk.time.now() - timedelta(days=days))
    chat = await proven(desk)
    assert await chat.says("/yeucau") == [
        "own_requests.heading",
        "own_requests.stands.open",
        f"own_requests.{said}",
    ]


async def test_an_erasure_that_staff_entered_says_what_it_waits_for(database: Database) -> None:
    """Nothing comes of it before the customer confirms it, and that is one press away."""
    desk = Desk()
    await put_on_file(desk.time.now())
    customer = await Customer.all().get()
    await a_request(customer, desk.time.now(), RequestKind.ERASE)
    chat = await proven(desk)
    assert "own_requests.stands.unconfirmed" in await chat.says("/yeucau")
    assert chat.last[-1].buttons[0].token == "go:erase"
    assert (await chat.presses("go:erase"))[-1] == "erase.confirm.ask"
    await chat.says("xoá dữ liệu")
    assert await chat.says("/khongxoa") == ["keep.kept"]
    assert "own_requests.stands.withdrawn" in await chat.says("/yeucau")


async def test_nobody_elses_request_is_shown_at_a_shared_number(database: Database) -> None:
    """Two records have one number: what was asked for the one is not read in the other; of one that is erased
    the register is left, without words."""
    desk = Desk()
    theirs = await put_on_file(desk.time.now(), external_id="PS00009")
    request = await a_request(theirs, desk.time.now())
    await run_tx(lambda: request.close(RequestState.DONE, desk.time.now(), words=WORDS))
    chat = await proven(desk)
    assert await chat.says("/yeucau") == [
        "own_requests.heading",
        "own_requests.stands.done",
        "own_requests.words",
    ]
    await DataRequest.filter(id=request.id).update(
        customer=(await put_on_file(desk.time.now(), external_id="X")).id
    )
    assert await chat.says("/yeucau") == ["own_requests.nothing"]
    await SubjectKey.filter(id=(await DataRequest.get(id=request.id)).customer).delete()
    assert await chat.says("/yeucau") == ["own_requests.heading", "own_requests.stands.done"]
