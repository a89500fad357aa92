"""Data subject requests in the staff room over HTTP: the queue, the page, and what may be done."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from yarl import URL

from models.case import CaseContact
from models.case_states import CaseState
from models.change import Change, ChangeKind
from models.chat import Chat
from models.customer import Customer
from models.data_request import DataRequest, RequestKind, RequestState
from models.database import run_tx
from models.event import Event, Tag
from models.keys import new_id, ring
from models.record_opening import OpeningAsk
from tests.conftest import Database
from tests.people import NAME, PHONE_E164, put_on_file
from tests.requests import a_request, again
from tests.room.inside import text_of
from tests.room_cases import a_case, a_chat, told, told_to_staff
from tests.room_server import Answer, Browser, RoomServer, a_profile, room_serving
from tests.staff import NOW, hire

WORDS = "Đã đối chiếu <hai> hệ thống."


class Inside:
    """A member of staff in a browser."""

    def __init__(self, browser: Browser, token: str) -> None:
        self.browser, self.token = browser, token

    async def see(self, path: str) -> Answer:
        """A page."""
        return await self.browser.get(path, Accept="text/html")

    async def do(self, request: DataRequest, act: str, **form: str) -> Answer:
        """Send a form of a request."""
        return await self.browser.send(f"/staff/request/{request.code}/{act}", {"form": self.token, **form})


@pytest.fixture
async def server(database: Database) -> AsyncIterator[RoomServer]:
    """The room of an empty desk."""
    async with room_serving() as server:
        yield server


@pytest.fixture
async def mai(server: RoomServer) -> AsyncIterator[Inside]:
    """Somebody who may handle cases."""
    who = await hire("Nguyễn Thị Mai", wall=server.wall)
    async with a_profile() as session:
        session.cookie_jar.update_cookies({"staff": who.cookie}, URL(f"{server.url}/staff"))
        browser = Browser(server, session)
        yield Inside(browser, (await browser.get("/staff")).field("form"))


async def customers_chat() -> Chat:
    """Where the customer of the requests is reached."""
    return await a_chat("khach")


async def test_requests_stand_in_the_queue_by_what_is_due(mai: Inside) -> None:
    """Beside complaints, each with its kind; one's own filter shows complaints alone."""
    customer = await put_on_file(NOW)
    late = await a_request(customer, NOW - timedelta(days=20), RequestKind.OBJECT)
    done = await a_request(customer, NOW - timedelta(days=20))
    await run_tx(lambda: done.close(RequestState.DONE, NOW))
    case = await a_case()
    fresh = await a_request(customer, NOW, RequestKind.ERASE)
    page = await mai.see("/staff")
    codes = re.findall(r"(?:KN|YC)-2026-\d{6}-\w(?=</strong>)", page.text)
    assert codes == [late.code, case.code, fresh.code] or codes == [late.code, fresh.code, case.code]
    assert f'href="/staff/request/{late.code}"' in page.text
    words = text_of(page)
    assert "Khiếu nại, yêu cầu đang mở: 3" in words
    assert f"{late.code} Phản đối việc gửi tin Quá hạn" in words
    assert not re.findall(r"YC-2026-\d{6}-\w(?=</strong>)", (await mai.see("/staff?mine=1")).text)
    found = await mai.see(f"/staff/find?code=yc+2026+{late.number}")
    assert found.to == f"/staff/request/{late.code}"


async def test_a_page_shows_what_was_asked_and_until_when(mai: Inside) -> None:
    """With both clocks and why; an unknown number is not found."""
    customer = await put_on_file(NOW)
    request = await a_request(customer, NOW, RequestKind.CORRECT, asked="Sửa <tên> giúp tôi")
    page = await mai.see(f"/staff/request/{request.code}")
    words = text_of(page)
    assert "Sửa <tên> giúp tôi" in words
    assert "Trả lời yêu cầu về dữ liệu Đúng hạn" in words
    assert "10 ngày (tính cả ngày nghỉ)" in words
    assert "Decree 356/2025/NĐ-CP Art. 5(3)" in words
    assert (await mai.see("/staff/request/YC-2026-009999")).status == 404


@pytest.mark.parametrize(("how", "begins"), [("done", "Yêu cầu"), ("refused", "Rất tiếc")])
async def test_a_request_is_closed_with_words(mai: Inside, how: str, begins: str) -> None:
    """They go to the customer as they are; a second form comes too late and loses nothing."""
    customer = await put_on_file(NOW)
    request = await a_request(customer, NOW, RequestKind.CORRECT)
    assert (await mai.do(request, "close", how=how, words=" ")).status == 422
    assert (await mai.do(request, "close", how="x", words=WORDS)).status == 422
    assert (await mai.do(request, "tick")).status == 409
    answer = await mai.do(request, "close", how=how, words=WORDS)
    assert answer.to == f"/staff/request/{request.code}?done=close"
    assert "Đã kết thúc" in (await mai.see(answer.to)).said
    closed = await again(request)
    assert closed.state == how
    assert closed.closed_by
    [letter] = await told(await customers_chat())
    assert letter.startswith(begins)
    assert WORDS in letter
    late = await mai.do(request, "close", how="done", words=WORDS)
    assert late.status == 409
    assert "Đã đối chiếu" in late.text  # what was typed stands there to be copied
    assert len(await told(await customers_chat())) == 1


async def test_what_other_systems_must_do_is_ticked(mai: Inside) -> None:
    """Until then the request is open and can be neither refused nor closed otherwise; then the customer hears
    where it was done."""
    customer = await put_on_file(NOW)
    request = await a_request(customer, NOW)
    await run_tx(lambda: Change.enter(request, ChangeKind.OPTED_OUT, ("offers",), NOW))
    page = text_of(await mai.see(f"/staff/request/{request.code}"))
    assert "Tại đây đã xong; cần làm cả ở: phần mềm bán hàng, công cụ gửi tin" in page
    assert (await mai.do(request, "close", how="refused", words=WORDS)).status == 409
    assert (await mai.do(request, "tick")).status == 303
    assert (await again(request)).state is RequestState.DONE
    assert (await Change.get()).ticked_at == NOW
    [letter] = await told(await customers_chat())
    assert "kể cả ở: phần mềm bán hàng, công cụ gửi tin" in letter
    assert (await mai.do(request, "tick")).status == 409


async def test_a_request_is_extended_once(mai: Inside, server: RoomServer) -> None:
    """The customer is told the reason and the new day; a second time, or too late, it is refused."""
    customer = await put_on_file(NOW)
    request = await a_request(customer, NOW)
    assert (await mai.do(request, "extend", words=WORDS)).status == 303
    [letter] = await told(await customers_chat())
    assert WORDS in letter
    limit = await request.limit()
    assert limit
    assert f"{limit.promised_on:%d/%m/%Y}" in letter
    assert (await mai.do(request, "extend", words=WORDS)).status == 409
    late = await a_request(customer, NOW - timedelta(days=16))
    refused = await mai.do(late, "extend", words=WORDS)
    assert refused.status == 409
    assert "không thể gia hạn" in refused.said
    assert "Đã đối chiếu" in refused.text  # what was typed is still there
    assert await Event.filter(tag=Tag.REQUEST_EXTENDED).count() == 1


async def test_staff_tell_whom_the_desk_cannot_reach(mai: Inside) -> None:
    """A chat that is shut gets nothing: staff hear of it by number alone."""
    request = await a_request(await put_on_file(NOW), NOW)
    await Chat.filter(id=request.chat).update(reachable=False)
    await mai.do(request, "close", how="done", words=WORDS)
    [notice] = await told_to_staff()
    assert notice.startswith(request.code)
    assert NAME not in notice
    assert "đối chiếu" not in notice


async def test_a_strict_record_is_not_shown_before_the_customers_yes(mai: Inside) -> None:
    """The customer is asked in the chat of the complaint, once; then the record opens."""
    chat = await customers_chat()
    customer = await put_on_file(NOW)
    await Customer.filter(id=customer.id).update(stricter_since=NOW)
    case = await a_case(chat)
    assert case.state is CaseState.RUNNING
    index = ring().blind_index("phone", PHONE_E164)
    await CaseContact.create(id=new_id(), case_id=case.id, value_index=index)
    for _ in range(2):
        answer = await mai.browser.send(
            f"/staff/case/{case.code}/record", {"form": mai.token, "why": "examine"}
        )
        assert answer.status == 409
        assert NAME not in answer.text
        assert "chỉ mở được khi khách đồng ý" in answer.said
    [asked] = await told(chat)
    assert "/tuychon" in asked
    ask = await OpeningAsk.get()
    await run_tx(lambda: ask.answer(True, chat.id, NOW))
    shown = await mai.browser.send(f"/staff/case/{case.code}/record", {"form": mai.token, "why": "examine"})
    assert shown.status == 200
    assert NAME in shown.text
