"""Data subject requests in the staff room over HTTP: the queue, the page, and what may be done."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from html import unescape

import orjson
import pytest
from yarl import URL

from chatbot.certificate import Certificate, Certified
from chatbot.messages import Kind
from chatbot.pages.room.forms import HEADER
from chatbot.vault import ORPHANED
from models.case import CaseContact
from models.case_states import CaseState
from models.change import Change, ChangeKind
from models.chat import Chat
from models.customer import Customer
from models.data_request import DataRequest, RequestKind, RequestState
from models.database import run_tx
from models.deadline import Deadline
from models.entered import Way
from models.erasure import Erasure, Why
from models.event import Event, Tag
from models.keys import SYSTEM, SubjectKey, new_id, ring
from models.outgoing import Arrival, Outgoing, State
from models.promises import Promise
from models.record_opening import OpeningAsk
from models.request_file import RequestFile
from tests.conftest import Database
from tests.people import EMAIL, NAME, PHONE_E164, put_on_file
from tests.requests import a_request, again
from tests.room.inside import PNG, text_of
from tests.room_cases import a_case, a_chat, told, told_to_staff
from tests.room_server import Answer, Browser, RoomServer, a_profile, room_serving
from tests.staff import NOW, hire

WORDS = "Đã đối chiếu <hai> hệ thống."

ENTERED = {
    "way": "email",
    "received": "2026-11-20T16:30",
    "kind": "erase",
    "what": "Xin <xoá> hết dữ liệu của tôi.",
    "contact": f" {EMAIL.upper()} ",
}


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

    async def enter(self, **changed: str) -> Answer:
        """Send the form of a request that came by hand."""
        return await self.browser.send("/staff/enter/request", {"form": self.token, **ENTERED, **changed})


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


async def test_whose_chat_is_shut_is_written_to_at_their_contact(mai: Inside, server: RoomServer) -> None:
    """The one that was proven for the request; a text message says only that there is something."""
    server.outlets[Kind.PHONE] = "sms"
    customer = await put_on_file(NOW)
    request = await a_request(customer, NOW)
    await Chat.filter(id=request.chat).update(reachable=False)
    await mai.do(request, "close", how="done", words=WORDS)
    [(by, to, words)] = await to_contact(await SubjectKey.get(id=customer.id))
    assert (by, to, request.code in words, WORDS in words) == ("sms", PHONE_E164, True, False)
    assert await told_to_staff() == []


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


async def to_contact(key: SubjectKey) -> list[tuple[str, str, str]]:
    """What is queued to contacts, sealed under a key: outlet, to whom, words."""
    found = []
    for row in await Outgoing.filter(subject=key.id).exclude(outlet="staff").order_by("id"):
        to, reply = row.opened_target(key), row.opened(key)
        assert to
        assert reply
        found.append((row.outlet, to.user, reply.text))
    return found


async def test_a_request_that_came_by_email_is_entered(mai: Inside, server: RoomServer) -> None:
    """Of the one record behind the contact; its clocks run from the receipt of the e-mail, and ours, which
    says number, day, why and who, is the answer that is owed."""
    server.outlets[Kind.EMAIL] = "email"
    customer = await put_on_file(NOW)
    assert '/staff/enter/request"' in (await mai.see("/staff")).text
    assert 'value="2026-11-24T09:00"' in (await mai.see("/staff/enter/request")).text
    answer = await mai.enter()
    assert answer.status == 303, text_of(answer)
    request = await DataRequest.get()
    assert answer.to == f"/staff/request/{request.code}?done=enter_request"
    assert request.code.startswith("YC-2026-000001-")
    assert (request.customer, request.kind, request.chat) == (customer.id, RequestKind.ERASE, None)
    assert request.filed_at == datetime.fromisoformat("2026-11-20T09:30+00:00")
    assert await request.opened("asked") == ENTERED["what"]
    owed = await Deadline.get(promise=Promise.ANSWER)
    assert (owed.started_at, owed.met_at) == (request.filed_at, NOW)
    [(by, to, words)] = await to_contact(await SubjectKey.get(id=customer.id))
    assert (by, to) == ("email", EMAIL)
    for said in (request.code, "10/12/2026", "20 ngày", "Điều 5", "Đơn vị phụ trách"):
        assert said in words
    receipt = Certificate(Certified.REQUEST, (2026, 1), date(2026, 11, 20), date(2026, 12, 10))
    assert Certificate.read(words.rpartition("Mã biên nhận: ")[2], ring()) == receipt
    [event] = await Event.filter(tag=Tag.REQUEST_OPENED)
    assert event.member
    assert event.detail == Way.EMAIL
    page = await mai.see(answer.to)
    assert "Đã lưu yêu cầu" in page.said
    assert f"{EMAIL} " in text_of(page)
    assert request.code in (await mai.see("/staff")).text


@pytest.mark.parametrize("records", [0, 2])
async def test_a_request_without_one_record_behind_it(mai: Inside, server: RoomServer, records: int) -> None:
    """Is kept all the same, its words sealed for nobody's record; extended and closed with words, it is
    answered at its contact, in its language."""
    server.outlets[Kind.EMAIL] = "email"
    for number in range(records):
        await put_on_file(NOW, external_id=f"PS{number:05}")
    assert (await mai.enter(language="en")).status == 303
    request = await DataRequest.get()
    assert request.customer is None
    assert request.contact
    assert EMAIL.encode() not in request.contact
    assert (await mai.do(request, "extend", words=WORDS)).status == 303
    assert (await mai.do(request, "close", how="refused", words=WORDS)).status == 303
    closed = await again(request)
    assert (closed.state, await closed.opened("answer")) == (RequestState.REFUSED, WORDS)
    letters = await to_contact(await SubjectKey.of(SYSTEM))
    assert [(by, to) for by, to, _ in letters] == [("email", EMAIL)] * 3
    assert letters[0][2].startswith("Partyshop.vn received your request")
    assert [WORDS in words for _, _, words in letters] == [False, True, True]


@pytest.mark.parametrize("contact", ["", EMAIL])
async def test_who_cannot_be_written_to_is_told_by_staff(mai: Inside, contact: str) -> None:
    """The 2 working days run until somebody says that the customer was told; once."""
    assert (await mai.enter(contact=contact, way="post")).status == 303
    request = await DataRequest.get()
    assert (request.who_index is None) == (not contact)
    assert [notice.split(":")[0] for notice in await told_to_staff()] == [request.code]
    assert (await Deadline.get(promise=Promise.ANSWER)).met_at is None
    assert "Trong 2 ngày làm việc" in text_of(await mai.see(f"/staff/request/{request.code}"))
    done = await mai.do(request, "answered")
    assert "khách đã được báo" in (await mai.see(done.to)).said
    assert (await Deadline.get(promise=Promise.ANSWER)).met_at == NOW
    assert (await mai.do(request, "answered")).status == 409
    assert await Event.filter(tag=Tag.REQUEST_ANSWERED).count() == 1
    assert (await again(request)).state is RequestState.OPEN


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"what": ""}, "Vui lòng nhập"),
        ({"what": "x" * 3001}, "quá dài"),
        ({"kind": "x"}, "chọn đủ"),
        ({"way": ""}, "chọn đủ"),
        ({"language": "xx"}, "chọn đủ"),
        ({"contact": "không có"}, "e-mail chưa đúng"),
        ({"received": "2026-11-24T09:01"}, "Thời điểm nhận"),
        ({"received": "2025-11-01T09:00"}, "Thời điểm nhận"),
        ({"received": "hôm qua"}, "Thời điểm nhận"),
    ],
)
async def test_what_cannot_be_entered_as_a_request(mai: Inside, changed: dict[str, str], said: str) -> None:
    """Is said, and what was typed is kept; no number is given."""
    answer = await mai.enter(**changed)
    assert (answer.status, said in answer.said) == (422, True)
    assert unescape(answer.text).count(ENTERED["what"]) == (1 if "what" not in changed else 0)
    assert await DataRequest.all().count() == 0


async def test_no_words_are_kept_of_who_is_erased(mai: Inside) -> None:
    """Staff are told so and lose nothing that they typed; without words the request can still be closed as
    done."""
    customer = await put_on_file(NOW)
    request = await a_request(customer, NOW, RequestKind.ERASE)
    await SubjectKey.filter(id=customer.id).delete()
    for act, form in (("extend", {}), ("close", {"how": "done"}), ("close", {"how": "refused"})):
        answer = await mai.do(request, act, words=WORDS, **form)
        assert (answer.status, "đã bị xoá" in answer.said) == (409, True)
        assert "Đã đối chiếu" in answer.text
    assert (await mai.do(request, "close", how="refused")).status == 409
    assert (await again(request)).state is RequestState.OPEN
    assert (await mai.do(request, "close", how="done")).status == 303
    assert (await again(request)).state is RequestState.DONE
    [letter] = await told(await customers_chat())
    assert letter == f"Yêu cầu {request.code} đã được thực hiện xong."


async def test_a_text_message_says_that_there_is_an_answer_and_where(mai: Inside, server: RoomServer) -> None:
    """It may lie open on a locked telephone: neither what was asked for nor what was answered, but number,
    day and rule with the receipt, and then where to read on."""
    server.outlets[Kind.PHONE] = "sms"
    assert (await mai.enter(contact=PHONE_E164, way="phone")).status == 303
    request = await DataRequest.get()
    await mai.do(request, "extend", words=WORDS)
    await mai.do(request, "close", how="done", words=WORDS)
    said = await to_contact(await SubjectKey.of(SYSTEM))
    assert [(by, to, request.code in words) for by, to, words in said] == [("sms", PHONE_E164, True)] * 3
    [receipt, *news] = [words for _, _, words in said]
    assert "10/12/2026" in receipt
    assert "Điều 5" in receipt
    assert all("https://desk.example.vn: gửi /yeucau" in words for words in news)
    assert not any(secret in words for _, _, words in said for secret in (WORDS, "Xoá", ENTERED["what"]))


async def test_what_did_not_arrive_stands_on_the_page_until_somebody_told_it(
    mai: Inside, server: RoomServer
) -> None:
    """Of a request that is closed, too."""
    server.outlets[Kind.EMAIL] = "email"
    await mai.enter()
    request = await DataRequest.get()
    await mai.do(request, "close", how="done", words=WORDS)
    path = f"/staff/request/{request.code}"
    assert "chưa đến nơi" not in text_of(await mai.see(path))
    await Outgoing.filter(about=request.id).update(state=State.FAILED, arrival=Arrival.MISSED)
    assert "chưa đến nơi" in text_of(await mai.see(path))
    assert (await mai.do(request, "answered")).status == 303
    assert "chưa đến nơi" not in text_of(await mai.see(path))
    assert (await mai.do(request, "answered")).status == 409


async def put_in(mai: Inside, request: DataRequest, content: bytes, **headers: str) -> tuple[int, str]:
    """Put a file into a request, as the script does; the status, and what is said."""
    sent = {
        "Origin": mai.browser.server.url,
        "Content-Type": "application/octet-stream",
        HEADER: "1",
        "X-File-Name": "th%C6%B0%20kh%C3%A1ch.png",
        **headers,
    }
    path = f"/staff/request/{request.code}/file"
    answer = await mai.browser.ask("POST", path, data=content, headers=sent)
    return answer.status, orjson.loads(answer.text)["said"] if answer.status in (200, 409, 422) else ""


async def test_the_letter_that_came_is_put_in_and_saved(mai: Inside) -> None:
    """It comes back as it was, as a file and never as a page; at another request it is not found."""
    await mai.enter()
    request = await DataRequest.get()
    assert "Chưa có tệp nào" in text_of(await mai.see(f"/staff/request/{request.code}"))
    assert await put_in(mai, request, PNG) == (200, "đã nhận")
    [file] = await RequestFile.all()
    page = await mai.see(f"/staff/request/{request.code}")
    assert "thư khách.png" in page.text
    path = f"/staff/request/{request.code}/file/{file.id}"
    async with mai.browser.session.get(mai.browser.server.url + path) as got:
        assert (got.status, await got.read()) == (200, PNG)
        assert got.headers["Content-Disposition"].startswith("attachment;")
        assert "sandbox" in got.headers["Content-Security-Policy"]
    await mai.enter()
    other = await DataRequest.exclude(id=request.id).get()
    for wrong in (f"{other.code}/file/{file.id}", f"{request.code}/file/x", f"YC-2026-009999/file/{file.id}"):
        assert (await mai.see(f"/staff/request/{wrong}")).status == 404
    assert await Event.filter(tag=Tag.REQUEST_FILE_KEPT, request=request.id).count() == 1


async def test_letters_that_are_not_taken(mai: Inside) -> None:
    """By content; of a request from a chat, one that is closed, and one too many; not without the script's
    header."""
    await mai.enter()
    request = await DataRequest.get()
    for content, said in ((b"MZ\x90\x00" + b"\0" * 99, "loại tệp"), (b"", "tệp trống")):
        status, words = await put_in(mai, request, content)
        assert (status, said in words) == (422, True)
    assert (await put_in(mai, request, PNG, **{"Content-Type": "text/plain"}))[0] == 415
    assert (await put_in(mai, request, PNG, Origin="https://evil.example"))[0] == 403
    for _ in range(10):
        assert (await put_in(mai, request, PNG))[0] == 200
    assert (await put_in(mai, request, PNG))[0] == 409
    await mai.do(request, "close", how="done", words=WORDS)
    chats = await a_request(await put_on_file(NOW), NOW)
    for one in (request, chats):
        assert (await put_in(mai, one, PNG))[0] == 409
    assert await RequestFile.all().count() == 10


async def test_a_letter_goes_with_the_key_of_its_customer(mai: Inside, server: RoomServer) -> None:
    """The page of the request opens all the same, and the sealed bytes are removed."""
    customer = await put_on_file(NOW)
    await mai.enter()
    request = await DataRequest.get()
    await put_in(mai, request, PNG)
    [file] = await RequestFile.all()
    await SubjectKey.filter(id=customer.id).delete()
    assert "thư khách" not in (await mai.see(f"/staff/request/{request.code}")).text
    assert (await mai.see(f"/staff/request/{request.code}/file/{file.id}")).status == 410
    assert (await put_in(mai, request, PNG))[0] == 409
    assert server.letters
    assert await server.letters.sweep(NOW, datetime.now(UTC) + 2 * ORPHANED) == 1


@pytest.mark.parametrize("act", ["close", "extend"])
async def test_who_is_erased_while_a_form_is_sent_breaks_no_page(
    mai: Inside, monkeypatch: pytest.MonkeyPatch, act: str
) -> None:
    """The key was there a moment ago: staff are told, and lose nothing that they typed."""
    request = await a_request(await put_on_file(NOW), NOW, RequestKind.CORRECT)
    there = DataRequest.key

    async def for_the_last_time(self: DataRequest) -> SubjectKey | None:
        found = await there(self)
        await SubjectKey.filter(id=request.customer).delete()
        return found

    monkeypatch.setattr(DataRequest, "key", for_the_last_time)
    answer = await mai.do(request, act, how="done", words=WORDS)
    assert (answer.status, "đã bị xoá" in answer.said) == (409, True)
    assert "Đã đối chiếu" in answer.text


async def test_an_erasure_that_came_by_hand_is_confirmed_by_the_customer(mai: Inside) -> None:
    """Nothing is erased by closing it: the page says how the customer confirms it, and it can be refused."""
    record = await put_on_file(NOW)
    await mai.enter()
    [request] = await DataRequest.all()
    assert request.customer == record.id
    page = await mai.see(f"/staff/request/{request.code}")
    assert "/xoadulieu" in page.text
    assert (await mai.do(request, "close", how="done", words=WORDS)).status == 409
    assert (await again(request)).state is RequestState.OPEN
    assert (await mai.do(request, "close", how="refused", words=WORDS)).status == 303


async def test_nobody_of_the_staff_ends_an_erasure_that_waits(mai: Inside) -> None:
    """The page says until when; closing, refusing and extending are not offered and not taken."""
    record = await put_on_file(NOW)
    request = await a_request(record, NOW, RequestKind.ERASE)
    at = NOW + timedelta(hours=72)
    await run_tx(
        lambda: Erasure.begin(record, Why.ASKED, due_at=at, now=NOW, request=request.id, chat=request.chat)
    )
    page = await mai.see(f"/staff/request/{request.code}")
    assert "sẽ bị xoá lúc" in page.text
    assert f"request/{request.code}/close" not in page.text
    for act in ("close", "extend", "tick"):
        assert (await mai.do(request, act, how="refused", words=WORDS)).status == 409
    assert (await again(request)).state is RequestState.OPEN


async def test_a_record_that_waits_to_be_erased_opens_for_nobody(mai: Inside) -> None:
    """Where it would be shown, only the day stands; that it was asked for is no opening."""
    record = await put_on_file(NOW)
    case = await a_case(await a_chat())
    await CaseContact.create(id=new_id(), case_id=case.id, value_index=ring().blind_index(Kind.EMAIL, EMAIL))
    await run_tx(lambda: Erasure.begin(record, Why.ASKED, due_at=NOW + timedelta(hours=72), now=NOW))
    page = await mai.browser.send(f"/staff/case/{case.code}/record", {"form": mai.token, "why": "examine"})
    assert page.status == 200
    assert "đang chờ xoá" in page.text
    assert NAME not in page.text
    assert not await Event.filter(tag=Tag.RECORD_SHOWN).exists()
