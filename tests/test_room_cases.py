"""Cases in the staff room over HTTP: the queue, every act, two people at once, and who may do what."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from html import unescape
from urllib.parse import urlencode
from uuid import UUID

import aiohttp
import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs
from yarl import URL

from chatbot.messages import FileRef, Kind, Matter
from chatbot.pages.room.forms import HEADER
from models import Event, StaffMember
from models.case import Case, CaseContact, Category
from models.case_entry import CaseEntry, Entry
from models.case_states import CaseState
from models.casework import ask as ask_customer
from models.casework import hand_over, take
from models.chat import Chat
from models.database import run_tx
from models.deadline import Deadline
from models.entered import Way
from models.event import Tag
from models.evidence import Evidence
from models.keys import new_id, ring
from models.letters import deliver_decisions
from models.outgoing import Arrival, Outgoing, State
from models.promises import Promise
from models.record_opening import Reason
from models.roles import MAY, Act, Role
from models.staff_session import IDLE
from models.wish import For, Want, Wish
from tests.conftest import Database
from tests.people import EMAIL, NAME, put_on_file
from tests.room_cases import (
    CALENDAR,
    WORDS,
    a_case,
    a_chat,
    arrives,
    fresh,
    told,
    told_elsewhere,
    told_to_staff,
)
from tests.room_server import Answer, Browser, RoomServer, a_profile, room_serving
from tests.staff import NOW, hire

REASON = "Đã kiểm tra nhật ký: số điện thoại bị dùng sai mục đích."
PNG = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89"
    b"\x00\x00\x00\rIDATx\x9cc\xf8\xff\xff?\x00\x05\xfe\x02\xfe\xa75\x81\x84\x00\x00\x00\x00IEND\xaeB`\x82"
)


@dataclass
class Inside:
    """Somebody of the staff in a browser of their own."""

    browser: Browser
    id: UUID
    token: str = field(repr=False)

    async def see(self, path: str = "/staff") -> Answer:
        """A page."""
        return await self.browser.get(path, Accept="text/html")

    async def do(self, case: Case, act: str, **form: str) -> Answer:
        """Send a form of a case."""
        return await self.browser.send(f"/staff/case/{case.code}/{act}", {"form": self.token, **form})

    async def does(self, case: Case, act: str, **form: str) -> Answer:
        """The same, and it is done."""
        answer = await self.do(case, act, **form)
        assert answer.status == 303, text_of(answer)
        assert answer.to.startswith(f"/staff/case/{case.code}?done=")
        done = await self.see(answer.to)
        assert done.status == 200
        assert done.said
        return done


Enter = Callable[..., Awaitable[Inside]]


def text_of(answer: Answer) -> str:
    """What can be read on a page."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", answer.text)).split())


@pytest.fixture
async def server(database: Database) -> AsyncIterator[RoomServer]:
    """The room of an empty desk."""
    async with room_serving() as server:
        yield server


@pytest.fixture
async def enter(server: RoomServer) -> AsyncIterator[Enter]:
    """Lets somebody join the roster and into the room."""
    sessions: list[aiohttp.ClientSession] = []

    async def inside(name: str = "Nguyễn Thị Mai", role: Role = Role.AGENT, language: str = "vi") -> Inside:
        who = await hire(name, role, language=language, wall=server.wall)
        session = a_profile()
        sessions.append(session)
        session.cookie_jar.update_cookies({"staff": who.cookie}, URL(f"{server.url}/staff"))
        browser = Browser(server, session)
        page = await browser.get("/staff")
        assert page.status == 200
        member = await StaffMember.get(login_index=StaffMember.index(who.login))
        return Inside(browser, member.id, page.field("form"))

    yield inside
    for session in sessions:
        await session.close()


async def test_the_queue_shows_what_is_due_first(enter: Enter) -> None:
    """Of the same day what has priority; each with code, category, days left, who has it; mine apart."""
    mai = await enter()
    bình = await enter("Trần Văn Bình", Role.LEAD)
    late = await a_case(at=NOW - timedelta(days=30))
    plain = await a_case(at=NOW - timedelta(days=3))
    first = await a_case(at=NOW - timedelta(days=3), priority=True)
    waiting = await a_case(proven=False)
    await run_tx(lambda: take(plain, mai.id, NOW))
    await run_tx(lambda: take(late, bình.id, NOW))
    page = await mai.see()
    codes = re.findall(r"KN-2026-\d{6}-\w(?=</strong>)", page.text)
    assert codes == [late.code, waiting.code, first.code, plain.code]
    words = text_of(page)
    assert "Khiếu nại, yêu cầu đang mở: 4" in words
    assert f"{plain.code} Chuyển cho người khác hoặc bị lộ Còn 9 ngày làm việc Giải quyết khiếu nại" in words
    assert "Quá hạn 11 ngày làm việc" in words
    assert "Trần Văn Bình" in words
    assert "Ưu tiên" in words
    assert "Đã nhận 3 ngày · Tôi phụ trách" in words
    assert WORDS[:10] not in words
    mine = await mai.see("/staff?mine=1")
    assert re.findall(r"KN-2026-\d{6}-\w(?=</strong>)", mine.text) == [plain.code]


async def test_the_figures_of_the_month(enter: Enter) -> None:
    """Received, answered on time and late, and the median of days; last month does not count."""
    mai = await enter()
    for days, answered in ((20, 2), (20, 1), (3, 0), (60, 40)):
        case = await a_case(at=NOW - timedelta(days=days))
        await Deadline.filter(about=case.id, promise=Promise.RESOLVE).update(
            met_at=NOW - timedelta(days=answered)
        )
    await a_case()
    words = text_of(await mai.see())
    assert "Tháng 11/2026 Đã nhận 4 Trả lời đúng hạn 1 Trả lời trễ hạn 2 Thời gian trung vị 18 ngày" in words


async def test_a_case_is_found_by_its_number(enter: Enter) -> None:
    """However it is typed; an unknown one is said to be unknown."""
    mai, case = await enter(), await a_case()
    found = await mai.see("/staff/find?" + urlencode({"code": f" kn {case.year} {case.number} "}))
    assert found.to == f"/staff/case/{case.code}"
    for typed in ("KN-2026-000999", "", "x" * 500, "' OR 1=1", "²²²² 1"):
        unknown = await mai.see("/staff/find?" + urlencode({"code": typed}))
        assert unknown.status == 404
        assert "Không có khiếu nại, yêu cầu nào" in unknown.said
    assert (await mai.see("/staff/case/KN-2026-000999")).status == 404
    for wrong in (f"{case.code[:-1]}?", f"{case.code}%2F..%2Fx", "%00", "x" * 3000):
        assert (await mai.see(f"/staff/case/{wrong}")).status in (200, 404)


async def test_a_case_shows_its_words_clocks_and_timeline(enter: Enter) -> None:
    """Everything escaped; the day, and why it is that day; how the customer is reached."""
    mai, chat = await enter(), await a_chat()
    case = await a_case(chat, second="+84900000001")
    page = await mai.see(f"/staff/case/{case.code}")
    assert "&lt;b&gt;dùng&lt;/b&gt;" in page.text
    assert "<b>dùng" not in page.text
    words = text_of(page)
    assert "Bồi thường (1.500.000" in words
    assert "0900000001" in words
    assert "Hạn: hết thứ Ba, 08/12/2026" in words
    assert "10 ngày làm việc, tính từ sau ngày 24/11/2026" in words
    assert "privacy policy, section 8" in words
    assert "Nhận khiếu nại 09:00 ngày 24/11/2026" in words
    assert "Tin gửi đến cuộc trò chuyện của khách." in words


async def test_taking_a_case_the_first_wins(enter: Enter) -> None:
    """The second is told, at once or on a page that is out of date, and nothing is overwritten."""
    mai, bình = await enter(), await enter("Trần Văn Bình")
    case = await a_case()
    answers = await asyncio.gather(mai.do(case, "take"), bình.do(case, "take"))
    assert sorted(answer.status for answer in answers) == [303, 409]
    winner = mai if answers[0].status == 303 else bình
    assert (await fresh(case)).handler == winner.id
    loser = answers[1 if winner is mai else 0]
    assert "chuyển sang bước khác" in loser.said or "nhận trước" in loser.said
    assert await CaseEntry.filter(kind=Entry.TAKEN).count() == 1
    [event] = await Event.filter(tag=Tag.CASE_TAKEN)
    assert (event.case, event.member) == (case.id, winner.id)


async def test_a_case_of_somebody_who_left_is_free(enter: Enter) -> None:
    """It is shown as nobody's, and can be taken."""
    mai, bình = await enter(), await enter("Trần Văn Bình")
    case = await a_case()
    await bình.does(case, "take")
    assert (await mai.do(case, "take")).status == 409
    await run_tx(lambda: StaffMember.disable("binhtv", NOW))
    assert "Chưa ai phụ trách" in text_of(await mai.see())
    await mai.does(case, "take")
    assert (await fresh(case)).handler == mai.id


async def test_handing_over(enter: Enter) -> None:
    """To somebody who has joined and is here; who has not the case cannot."""
    mai, bình = await enter(), await enter("Trần <i>Văn Bình")
    case = await a_case()
    await mai.does(case, "take")
    page = await mai.see(f"/staff/case/{case.code}")
    assert "Trần &lt;i&gt;Văn Bình (Nhân viên)" in page.text
    assert (await bình.do(case, "hand_over", to=str(bình.id))).status == 409
    for wrong in (str(mai.id), str(new_id()), "", "x"):
        assert (await mai.do(case, "hand_over", to=wrong)).status == 422
    await mai.does(case, "hand_over", to=str(bình.id))
    assert (await fresh(case)).handler == bình.id
    assert (await mai.do(case, "hand_over", to=str(bình.id))).status == 409


async def test_asking_reaches_the_customer_in_their_language(enter: Enter, server: RoomServer) -> None:
    """As something that must arrive, with the number of the case; the clocks go on."""
    mai, chat = await enter(), await a_chat(language="en")
    case = await a_case(chat)
    await mai.does(case, "take")
    before = server.commits
    page = await mai.does(case, "ask", words="When was it?\r\nAnd who <called>?")
    assert server.commits == before + 1
    [words] = await told(chat)
    assert words.startswith(f"About complaint {case.code} we need to ask you:\n\nWhen was it?\nAnd who <")
    assert "/theodoi" in words
    [row] = await Outgoing.filter(subject=chat.id)
    assert (row.purpose.value, row.about, row.matter) == ("notice", case.id, Matter.QUESTION)
    assert "Hỏi khách" in text_of(page)
    assert "And who &lt;called&gt;?" in page.text
    assert await CaseEntry.questions(await fresh(case))
    assert await Deadline.running(case.id, Promise.RESOLVE)


async def test_what_was_typed_is_kept(enter: Enter) -> None:
    """Where words are missing, too long, or somebody took the case away meanwhile; nothing is queued."""
    mai, bình, chat = await enter(), await enter("Trần Văn Bình"), await a_chat()
    case = await a_case(chat)
    await mai.does(case, "take")
    empty = await mai.do(case, "ask", words=" \n ")
    assert (empty.status, "Vui lòng nhập" in empty.said) == (422, True)
    long = await mai.do(case, "ask", words="dài" * 1001)
    assert (long.status, "quá dài" in long.said) == (422, True)
    assert "dàidài" in long.text
    await mai.does(case, "hand_over", to=str(bình.id))
    late = await mai.do(case, "ask", words="Câu hỏi <của> tôi")
    assert (late.status, "bước khác" in late.said) == (409, True)
    assert "Câu hỏi &lt;của&gt; tôi</textarea>" in late.text
    assert await told(chat) == []


async def test_a_note_stays_among_staff(enter: Enter) -> None:
    """Anybody may write one, also on a case that is closed; the customer's timeline is without it."""
    mai, case = await enter(), await a_case(await a_chat())
    await run_tx(lambda: case.withdraw(NOW))
    page = await mai.does(case, "note", words="Khách đã gọi <hai> lần.")
    assert "Khách đã gọi &lt;hai&gt; lần." in page.text
    assert "Nội bộ" in text_of(page)
    assert "note" not in [one.kind for one in await CaseEntry.timeline(case)]


async def test_accepting_the_words_starts_the_ten_days(enter: Enter) -> None:
    """The customer hears the day and why; it can be done once, by who has the case."""
    mai, chat = await enter(), await a_chat()
    case = await a_case(chat, proven=False, at=NOW - timedelta(days=2))
    assert (await mai.do(case, "accept")).status == 409
    await mai.does(case, "take")
    await mai.does(case, "accept")
    assert (await fresh(case)).state is CaseState.RUNNING
    resolve = await Deadline.running(case.id, Promise.RESOLVE)
    assert resolve
    assert resolve.promised_on == date(2026, 12, 8)
    [words] = await told(chat)
    assert case.code in words
    assert "thứ Ba, 08/12/2026" in words
    assert (await mai.do(case, "accept")).status == 409


async def test_a_possible_breach_shows_its_clocks_to_the_director(enter: Enter, server: RoomServer) -> None:
    """24 and 72 hours from the marking; others see that it is marked, staff hear the number alone."""
    mai, director = await enter(), await enter("Lê Thị Giám", Role.DIRECTOR)
    case = await a_case()
    await mai.does(case, "breach")
    assert (await mai.do(case, "breach")).status == 409
    server.now = NOW + timedelta(hours=25)
    seen = text_of(await director.see(f"/staff/case/{case.code}"))
    assert "(24 giờ) Đã hết giờ" in seen
    assert "(72 giờ) Còn 47 giờ" in seen
    plain = text_of(await mai.see(f"/staff/case/{case.code}"))
    assert "Có thể vi phạm" in plain
    assert "24 giờ" not in plain.replace("hạn 24 giờ", "")
    [words] = await told_to_staff()
    assert case.code in words
    assert WORDS[:10] not in words


DECISION = {"verdict": "upheld", "reason": REASON, "measures": "Đã xoá số.", "pays": "none", "amount": ""}


async def test_a_decision_is_previewed_then_sent(enter: Enter, server: RoomServer) -> None:
    """The preview is what goes out, word for word; it writes nothing; the way back keeps all that was typed.
    The clock stops when a channel has taken the letter, as of then."""
    mai, chat = await enter(), await a_chat()
    case = await a_case(chat)
    await mai.does(case, "take")
    preview = await mai.do(case, "preview", **DECISION)
    assert preview.status == 200
    assert (await fresh(case)).state is CaseState.RUNNING
    assert await told(chat) == []
    back = await mai.do(case, "preview", edit="1", **DECISION)
    assert f">{REASON}</textarea>" in back.text
    assert '<option value="upheld" selected>' in back.text
    shown = re.search(r"<blockquote[^>]*>([^<]*)</blockquote>", preview.text)
    assert shown
    sent = {name: preview.field(name) for name in ("verdict", "pays")}
    await mai.does(case, "decide", **{**DECISION, **sent})
    [words] = await told(chat)
    assert words == unescape(shown[1])
    assert REASON in words
    assert "/theodoi" in words
    assert (await fresh(case)).state is CaseState.DECIDED
    [letter] = await Outgoing.filter(about=case.id)
    assert letter.purpose.value == "notice"
    assert await run_tx(lambda: deliver_decisions(NOW, NOW, 10)) == 0
    assert "Quyết định đang chờ gửi." in text_of(await mai.see(f"/staff/case/{case.code}"))
    taken = NOW + timedelta(minutes=3)
    await arrives(case.id, taken)
    assert await run_tx(lambda: deliver_decisions(NOW, NOW, 10)) == 1
    assert (await fresh(case)).state is CaseState.ANSWERED
    resolve = await Deadline.get(about=case.id, promise=Promise.RESOLVE)
    assert resolve.met_at == taken
    assert case.code not in re.findall(r"KN-[\w-]+(?=</strong>)", (await mai.see()).text)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"reason": "  "}, "Vui lòng nhập"),
        ({"reason": "\x00\x01"}, "Vui lòng nhập"),
        ({"verdict": ""}, "chọn đủ"),
        ({"verdict": "maybe"}, "chọn đủ"),
        ({"pays": ""}, "chọn đủ"),
        ({"pays": "amount"}, "Số tiền"),
        ({"pays": "amount", "amount": "-5"}, "Số tiền"),
        ({"pays": "amount", "amount": "0"}, "Số tiền"),
        ({"pays": "amount", "amount": "9" * 20}, "Số tiền"),
        ({"pays": "joint", "amount": "một triệu"}, "Số tiền"),
        ({"measures": "dài" * 400}, "quá dài"),
    ],
)
@pytest.mark.parametrize("step", ["preview", "decide"])
async def test_a_decision_that_is_not_whole_is_refused(
    enter: Enter, changed: dict[str, str], said: str, step: str
) -> None:
    """None without a reason, at either step; what was typed stays."""
    mai, chat = await enter(), await a_chat()
    case = await a_case(chat)
    await mai.does(case, "take")
    answer = await mai.do(case, step, **{**DECISION, **changed})
    assert (answer.status, said in answer.said) == (422, True)
    assert (await fresh(case)).state is CaseState.RUNNING
    assert await told(chat) == []


async def test_only_who_has_the_case_decides_and_once(enter: Enter) -> None:
    """Twice at once is one decision and one letter."""
    mai, bình, chat = await enter(), await enter("Trần Văn Bình", Role.LEAD), await a_chat()
    case = await a_case(chat)
    await mai.does(case, "take")
    assert (await bình.do(case, "decide", **DECISION)).status == 409
    assert (await bình.do(case, "preview", **DECISION)).status == 409
    twice = await asyncio.gather(*(mai.do(case, "decide", **DECISION) for _ in range(2)))
    assert sorted(answer.status for answer in twice) == [303, 409]
    assert len(await told(chat)) == 1


@pytest.mark.parametrize(
    ("pays", "amount", "written"), [("amount", "1.500.000", "1.500.000"), ("joint", "", "liên đới")]
)
async def test_where_money_is_paid_a_second_person_says_yes(
    enter: Enter, pays: str, amount: str, written: str
) -> None:
    """Nothing goes out before; neither an agent nor the same person can say it."""
    mai, bình, lead = await enter(), await enter("Trần Văn Bình"), await enter("Phạm Thị Lan", Role.LEAD)
    chat = await a_chat()
    case = await a_case(chat)
    await mai.does(case, "take")
    await mai.does(case, "decide", **{**DECISION, "pays": pays, "amount": amount})
    assert await told(chat) == []
    assert (await fresh(case)).state is CaseState.RUNNING
    assert "Chờ người thứ hai duyệt" in text_of(await lead.see())
    page = await lead.see(f"/staff/case/{case.code}")
    assert "Nguyễn Thị Mai trình duyệt" in text_of(page)
    assert REASON in page.text
    seen = page.field("seen")
    assert (await mai.do(case, "approve", seen=seen)).status == 409
    assert (await bình.do(case, "approve", seen=seen)).status == 409
    for wrong in ("", "0" * 64, "é"):
        assert (await lead.do(case, "approve", seen=wrong)).status == 409
    await lead.does(case, "approve", seen=seen)
    [words] = await told(chat)
    assert written in words
    assert (await fresh(case)).state is CaseState.DECIDED
    assert (await fresh(case)).proposal is None
    assert await Event.filter(tag=Tag.CASE_APPROVED, member=lead.id, case=case.id).count() == 1
    assert (await lead.do(case, "approve", seen=seen)).status == 409
    assert len(await told(chat)) == 1


async def test_yes_is_said_to_what_was_seen(enter: Enter) -> None:
    """A proposal that was changed meanwhile is not approved, nor declined, unseen."""
    mai, lead, case = await enter(), await enter("Phạm Thị Lan", Role.LEAD), await a_case(await a_chat())
    await mai.does(case, "take")
    await mai.does(case, "decide", **{**DECISION, "pays": "amount", "amount": "1000000"})
    seen = (await lead.see(f"/staff/case/{case.code}")).field("seen")
    await mai.does(case, "decide", **{**DECISION, "pays": "amount", "amount": "9000000"})
    late = await lead.do(case, "approve", seen=seen)
    assert (late.status, "đã thay đổi" in late.said) == (409, True)
    assert (await lead.do(case, "decline", seen=seen, words="Quá nhiều")).status == 409
    seen = (await lead.see(f"/staff/case/{case.code}")).field("seen")
    page = await lead.does(case, "decline", seen=seen, words="Quá nhiều, xem lại.")
    assert "Quá nhiều, xem lại." in page.text
    assert (await fresh(case)).proposal is None
    await mai.does(case, "decide", **DECISION)


async def test_where_there_is_nobody_else_the_same_person_may(enter: Enter) -> None:
    """After a warning, and it is recorded; as soon as a lead joins, no longer."""
    mai, case = await enter(), await a_case(await a_chat())
    await mai.does(case, "take")
    await mai.does(case, "decide", **{**DECISION, "pays": "amount", "amount": "1000000"})
    page = await mai.see(f"/staff/case/{case.code}")
    assert "việc tự duyệt sẽ được ghi lại" in text_of(page)
    lead = await enter("Phạm Thị Lan", Role.LEAD)
    assert (await mai.do(case, "approve", seen=page.field("seen"))).status == 409
    await run_tx(lambda: StaffMember.disable("lanpt", NOW))
    await mai.does(case, "approve", seen=page.field("seen"))
    assert await Event.filter(tag=Tag.CASE_APPROVED_ALONE, member=mai.id).count() == 1
    assert lead.id != mai.id


async def test_an_appeal_goes_to_somebody_else(enter: Enter) -> None:
    """The first letter does not answer it; its own does. Whom else one may turn to is said in the second."""
    mai, chat = await enter(), await a_chat()
    case = await a_case(chat)
    await mai.does(case, "take")
    await mai.does(case, "decide", **DECISION)
    await arrives(case.id, NOW)
    await run_tx(lambda: deliver_decisions(NOW, NOW, 10))
    case = await fresh(case)
    assert await run_tx(lambda: case.appeal(NOW + timedelta(days=1), CALENDAR))
    page = text_of(await mai.see(f"/staff/case/{case.code}"))
    assert "chưa có người khác" in page
    bình = await enter("Trần Văn Bình")
    assert (await mai.do(case, "take")).status == 409
    await bình.does(case, "take")
    page = (await bình.see(f"/staff/case/{case.code}")).text
    assert f'value="{mai.id}"' not in page
    assert (await bình.do(case, "hand_over", to=str(mai.id))).status in (409, 422)
    bình.browser.server.now = NOW + timedelta(days=2)
    await bình.does(case, "decide", **DECISION)
    assert await run_tx(lambda: deliver_decisions(NOW, NOW, 10)) == 0
    assert (await fresh(case)).state is CaseState.DECIDED
    assert "Sở Công Thương" in (await told(chat))[-1]
    assert "xem xét lại một lần" not in (await told(chat))[-1]
    await arrives(case.id, NOW + timedelta(days=2))
    assert await run_tx(lambda: deliver_decisions(NOW, NOW, 10)) == 1


async def test_an_appeal_where_there_is_nobody_else(enter: Enter) -> None:
    """The same person takes it after a warning, and that is recorded."""
    mai, case = await enter(), await a_case(await a_chat())
    await mai.does(case, "take")
    await mai.does(case, "decide", **DECISION)
    await arrives(case.id, NOW)
    await run_tx(lambda: deliver_decisions(NOW, NOW, 10))
    case = await fresh(case)
    await run_tx(lambda: case.appeal(NOW, CALENDAR))
    await mai.does(case, "take")
    assert [one.detail for one in await Event.filter(tag=Tag.CASE_TAKEN).order_by("id")] == [None, "alone"]


async def shut(chat: Chat) -> None:
    """The customer shuts the chat."""
    await Chat.filter(id=chat.id).update(reachable=False)


async def test_an_unreachable_chat_is_said_and_the_second_contact_is_written_to(
    enter: Enter, server: RoomServer
) -> None:
    """By e-mail in full; by a text message only that there is something, which stops the clock where the
    number opens the case: else staff are to tell the customer."""
    mai, chat = await enter(), await a_chat()
    server.outlets.update({Kind.EMAIL: "email", Kind.PHONE: "sms"})
    await shut(chat)
    phone = "+84900000001"
    for contact, outlet, opens in ((EMAIL, "email", False), (phone, "sms", True), (phone, "sms", False)):
        case = await a_case(chat, second=contact)
        if opens:
            index = ring().blind_index(Kind.PHONE, phone)
            await CaseContact.create(id=new_id(), case_id=case.id, value_index=index)
        await mai.does(case, "take")
        assert "đã chặn cuộc trò chuyện" in text_of(await mai.see(f"/staff/case/{case.code}"))
        await mai.does(case, "decide", **DECISION)
        [(by, to, words)] = await told_elsewhere(case)
        assert (by, to) == (outlet, contact)
        assert case.code in words
        assert (REASON in words) == (outlet == "email")
        assert ("https://desk.example.vn" in words) == (outlet == "sms")
        await arrives(case.id, NOW)
        reads = outlet == "email" or opens
        assert await run_tx(lambda: deliver_decisions(NOW, NOW, 10)) == reads
        assert len(await told_to_staff()) == (not reads)
    await mai.does(case, "by_hand", words="Gọi điện")
    assert (await fresh(case)).state is CaseState.ANSWERED
    assert await told(chat) == []


async def test_a_customer_who_cannot_be_reached_is_told_by_hand(enter: Enter) -> None:
    """Staff are told to do it; how they did stops the clock. Not while a letter is on its way."""
    mai, chat = await enter(), await a_chat()
    case = await a_case(chat, second="+84900000001")
    await mai.does(case, "take")
    assert (await mai.do(case, "by_hand", words="Gọi điện")).status == 409
    await shut(chat)
    page = text_of(await mai.see(f"/staff/case/{case.code}"))
    assert "cần tự liên hệ" in page
    await mai.does(case, "decide", **DECISION)
    [words] = await told_to_staff()
    assert words.startswith(case.code)
    assert REASON not in words
    assert (await mai.do(case, "by_hand", words="")).status == 422
    page = text_of(await mai.does(case, "by_hand", words="Gọi điện lúc 10 giờ, khách đã nghe."))
    assert "Gọi điện lúc 10 giờ" in page
    assert (await fresh(case)).state is CaseState.ANSWERED
    other = await a_case(await a_chat("khac"))
    await mai.does(other, "take")
    await mai.does(other, "decide", **DECISION)
    assert (await mai.do(other, "by_hand", words="Gọi điện")).status == 409
    await Outgoing.filter(about=other.id).update(state=State.FAILED)
    assert "Không gửi được quyết định" in text_of(await mai.see(f"/staff/case/{other.code}"))
    await mai.does(other, "by_hand", words="Gọi điện")


async def test_a_question_that_did_not_arrive_is_marked_and_told_by_hand(enter: Enter) -> None:
    """The page says what the customer has not received; how they were told ends that, and no clock."""
    mai = await enter()
    case = await a_case(await a_chat())
    await mai.does(case, "take")
    await mai.does(case, "ask", words="Việc này xảy ra khi nào?")
    assert (await mai.do(case, "by_hand", words="Gọi điện")).status == 409
    missed = {"state": State.FAILED, "arrival": Arrival.MISSED}
    await Outgoing.filter(about=case.id).update(**missed)
    page = text_of(await mai.see(f"/staff/case/{case.code}"))
    assert "Khách chưa nhận hoặc chưa đọc: câu hỏi (" in page
    page = text_of(await mai.does(case, "by_hand", words="Gọi điện"))
    assert "Khách chưa nhận" not in page
    assert (await fresh(case)).state is CaseState.RUNNING


ENTERED = {
    "way": "email",
    "received": "2026-11-20T16:30",
    "category": "leaked",
    "what": WORDS,
    "when": "",
    "remedy": "apology",
    "contact": f" {EMAIL.upper()} ",
    "priority": "1",
}


async def test_a_complaint_that_came_by_email_is_entered(enter: Enter, server: RoomServer) -> None:
    """Same number and clocks, from the instant of its receipt; the receipt goes to the contact, by which it
    can be claimed."""
    mai = await enter()
    server.outlets[Kind.EMAIL] = "email"
    assert 'value="2026-11-24T09:00"' in (await mai.see("/staff/enter")).text
    answer = await mai.browser.send("/staff/enter", {"form": mai.token, **ENTERED})
    assert answer.status == 303, text_of(answer)
    [case] = await Case.all().select_related("key")
    assert answer.to == f"/staff/case/{case.code}?done=enter"
    assert (case.chat, case.handler, case.priority, case.category) == (None, mai.id, True, Category.LEAKED)
    assert case.filed_at == datetime.fromisoformat("2026-11-20T09:30+00:00")
    assert case.opened().what == WORDS
    acknowledged = await Deadline.get(promise=Promise.ACKNOWLEDGE)
    assert acknowledged.met_at == case.filed_at
    [(by, to, words)] = await told_elsewhere(case)
    assert (by, to) == ("email", EMAIL)
    assert case.code in words
    [contact] = await CaseContact.all()
    assert contact.value_index == ring().blind_index(Kind.EMAIL, EMAIL)
    [event] = await Event.filter(tag=Tag.CASE_FILED)
    assert (event.member, event.detail) == (mai.id, Way.EMAIL)


async def test_an_entered_complaint_says_what_is_wanted(enter: Enter) -> None:
    """The amount, which counts with compensation alone; and where the customer wants to negotiate, the 7
    working days run too."""
    mai = await enter()
    wanted = {"remedy": "compensation", "amount": "1.500.000", "negotiate": "1"}
    for changed in (wanted, {**wanted, "remedy": "apology", "negotiate": ""}):
        assert (
            await mai.browser.send("/staff/enter", {"form": mai.token, **ENTERED, **changed})
        ).status == 303
    paid, sorry = await Case.all().select_related("key").order_by("number")
    assert (paid.opened().amount, sorry.opened().amount) == (1_500_000, None)
    [clock] = await Deadline.filter(promise=Promise.NEGOTIATE)
    assert (clock.about, clock.promised_on) == (paid.id, date(2026, 12, 2))


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"what": ""}, "Vui lòng nhập"),
        ({"what": "x" * 20_001}, "quá dài"),
        ({"category": "x"}, "chọn đủ"),
        ({"way": ""}, "chọn đủ"),
        ({"contact": "không có"}, "e-mail chưa đúng"),
        ({"remedy": "compensation", "amount": "nhiều"}, "Số tiền chưa đúng"),
        ({"received": "2026-11-24T09:01"}, "Thời điểm nhận"),
        ({"received": "2025-11-01T09:00"}, "Thời điểm nhận"),
        ({"received": "0001-01-01T00:00"}, "Thời điểm nhận"),
        ({"received": "hôm qua"}, "Thời điểm nhận"),
    ],
)
async def test_what_cannot_be_entered(enter: Enter, changed: dict[str, str], said: str) -> None:
    """Is said, and what was typed is kept; no number is given."""
    mai = await enter()
    answer = await mai.browser.send("/staff/enter", {"form": mai.token, **ENTERED, **changed})
    assert (answer.status, said in answer.said) == (422, True)
    assert unescape(answer.text).count(ENTERED["what"]) == (1 if "what" not in changed else 0)
    assert await Case.all().count() == 0


async def put(mai: Inside, case: Case, name: str, content: bytes, **headers: str) -> tuple[int, str]:
    """Put a file into a case, as the script does; the status, and what is said."""
    sent = {
        "Origin": mai.browser.server.url,
        "Content-Type": "application/octet-stream",
        HEADER: "1",
        "X-File-Name": name,
        **headers,
    }
    answer = await mai.browser.ask("POST", f"/staff/case/{case.code}/file", data=content, headers=sent)
    return answer.status, str(orjson.loads(answer.text)["said"]) if answer.status in (200, 409, 422) else ""


async def test_files_are_put_in_and_saved(enter: Enter, server: RoomServer) -> None:
    """What came with an entered complaint counts from its receipt; the bytes come back as they were, under a
    safe name, never as a page. The customer hears the day."""
    mai = await enter()
    server.outlets[Kind.EMAIL] = "email"
    await mai.browser.send("/staff/enter", {"form": mai.token, **ENTERED})
    [case] = await Case.all().select_related("key")
    name = "%E1%BA%A3nh%20%22m%E1%BB%9Bi%22%0D%0A.exe"
    assert (await put(mai, case, name, PNG, **{"X-With-Complaint": "1"}))[0] == 200
    case = await fresh(case)
    assert (case.state, case.proven_at) == (CaseState.RUNNING, case.filed_at)
    assert "07/12/2026" in (await told_elsewhere(case))[-1][2]
    [file] = await Evidence.all()
    page = await mai.see(f"/staff/case/{case.code}")
    assert file.sha256
    assert file.sha256[:12] in page.text
    async with mai.browser.session.get(f"{server.url}/staff/case/{case.code}/file/{file.id}") as got:
        assert (got.status, await got.read()) == (200, PNG)
        assert got.headers["Content-Type"] == "application/octet-stream"
        assert got.headers["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in got.headers["Content-Security-Policy"]
        disposition = got.headers["Content-Disposition"]
        assert disposition.startswith("attachment;")
        assert disposition.endswith(".exe.png")
        assert "\n" not in disposition
    other = await a_case()
    for path in (f"{other.code}/file/{file.id}", f"{case.code}/file/{new_id()}", f"{case.code}/file/x"):
        assert (await mai.see(f"/staff/case/{path}")).status == 404


async def test_files_that_are_not_taken(enter: Enter, server: RoomServer) -> None:
    """By content, not by name; each is said why, and nothing is kept. Not without the script's header."""
    mai, case = await enter(), await a_case(proven=False)
    assert (await put(mai, case, "a.png", PNG))[0] == 409
    await mai.does(case, "take")
    for content, said in ((b"MZ\x90\x00" + b"\0" * 99, "loại tệp"), (b"", "tệp trống")):
        status, words = await put(mai, case, "a.png", content)
        assert (status, said in words) == (422, True)
    assert (await put(mai, case, "a.png", PNG, **{"Content-Type": "text/plain"}))[0] == 415
    assert (await put(mai, case, "a.png", PNG, Origin="https://evil.example"))[0] == 403
    assert await Evidence.all().count() == 0
    for number in range(10):
        assert (await put(mai, case, f"{number}.png", PNG))[0] == 200
    assert (await put(mai, case, "11.png", PNG))[0] == 409
    file = await Evidence.all().first()
    assert file
    assert server.shelf
    for sealed in server.shelf._vault._folder.iterdir():
        sealed.unlink()
    assert (await mai.see(f"/staff/case/{case.code}/file/{file.id}")).status == 410


async def test_the_full_record_is_opened_for_a_reason(enter: Enter) -> None:
    """It stands on no page before; each opening is in the trail of the customer, with role and reason."""
    mai = await enter()
    record = await put_on_file(NOW)
    case = await a_case(await a_chat())
    missing = await mai.do(case, "record", why="examine")
    assert (missing.status, "Không tìm thấy hồ sơ" in missing.said) == (404, True)
    await CaseContact.create(id=new_id(), case_id=case.id, value_index=ring().blind_index(Kind.EMAIL, EMAIL))
    assert NAME not in (await mai.see(f"/staff/case/{case.code}")).text
    for wrong in ("", "curious"):
        assert (await mai.do(case, "record", why=wrong)).status == 422
    assert await Event.filter(tag=Tag.RECORD_SHOWN).count() == 0
    page = await mai.do(case, "record", why=Reason.EXAMINE)
    assert page.status == 200
    assert NAME in page.text
    assert page.headers["Cache-Control"] == "no-store"
    [event] = await Event.filter(tag=Tag.RECORD_SHOWN)
    assert (event.customer, event.case, event.member) == (record.id, case.id, mai.id)
    assert event.detail == "agent:examine"
    assert "Mở hồ sơ khách hàng" in text_of(await mai.see(f"/staff/case/{case.code}"))


async def a_wish(chat: Chat, *texts: str, files: tuple[FileRef, ...] = ()) -> Wish:
    """Somebody wants a person."""

    async def work() -> Wish:
        wish = await Wish.add(chat.id, NOW)
        for text in texts:
            await Wish.append(wish.id, chat, text, (), NOW)
        await Wish.append(wish.id, chat, None, files, NOW)
        await Event.record(Tag.PERSON_WANTED, NOW, chat=chat.id)
        return wish

    return await run_tx(work)


async def test_a_wish_for_a_person_is_answered_into_the_chat(enter: Enter) -> None:
    """Its words and files are there, escaped; the answer must arrive; the first answer counts, and what the
    second has typed is kept."""
    mai, bình, chat = await enter(), await enter("Trần Văn Bình"), await a_chat(language="en")
    file = FileRef("xyz", "../hoá đơn<.pdf", "application/pdf", 10)
    wish = await a_wish(chat, "Tôi cần <gấp>", "Gọi lại giúp", files=(file, FileRef("gone", "b", "x")))
    page = await mai.see()
    assert "Tôi cần &lt;gấp&gt;\n\nGọi lại giúp" in page.text
    assert "hoá đơn_.pdf" in page.text
    got = await mai.see(f"/staff/wish/{wish.id}/file/1")
    assert (got.status, got.text) == (200, "content of xyz")
    assert got.headers["Content-Disposition"].startswith("attachment;")
    assert (await mai.see(f"/staff/wish/{wish.id}/file/2")).status == 410
    for path in (f"{wish.id}/file/3", f"{wish.id}/file/0", f"{new_id()}/file/1", "x/file/1"):
        assert (await mai.see(f"/staff/wish/{path}")).status == 404
    empty = await mai.browser.send(f"/staff/wish/{wish.id}", {"form": mai.token, "words": " "})
    assert empty.status == 422
    answers = await asyncio.gather(
        *(
            who.browser.send(f"/staff/wish/{wish.id}", {"form": who.token, "words": f"Answer <{who.id}>"})
            for who in (mai, bình)
        )
    )
    assert sorted(answer.status for answer in answers) == [303, 409]
    loser = next(answer for answer in answers if answer.status == 409)
    assert "Answer &lt;" in loser.text
    assert "đã trả lời trước" in loser.said
    [words] = await told(chat)
    assert words.startswith("Partyshop.vn answers you:\n\nAnswer <")
    assert (await Wish.get(id=wish.id)).answered_at == NOW
    assert await Event.filter(tag=Tag.PERSON_ANSWERED, chat=chat.id).count() == 1


async def test_a_representative_is_known_as_one(enter: Enter) -> None:
    """For whom they speak and what they want stands above their words; a plain wish says nothing of it."""
    mai, chat = await enter(), await a_chat()
    await run_tx(lambda: Wish.represent(chat, For.DIED, Want.ERASE, ("Mẹ tôi <đã> mất", "Gọi buổi tối"), NOW))
    page = await mai.see()
    assert "Thay cho người đã mất: muốn xoá dữ liệu" in page.text
    assert "Mẹ tôi &lt;đã&gt; mất\n\nGọi buổi tối" in page.text
    await Wish.all().delete()
    await a_wish(chat, "Xin chào")
    assert "Thay cho" not in (await mai.see()).text


async def test_a_file_of_a_wish_is_looked_into_before_anybody_can_open_it(
    enter: Enter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What proof may not be is not handed out here either, whatever it is called; the reason is said."""
    mai, chat = await enter(), await a_chat()
    program = FileRef("MZ\x90\x00\x03", "giay khai sinh.pdf", "application/pdf", 10)
    wish = await a_wish(chat, files=(program,))
    monkeypatch.setattr("tests.room_server.GREETING", b"")
    answer = await mai.see(f"/staff/wish/{wish.id}/file/1")
    assert (answer.status, "loại tệp không được phép" in answer.text) == (422, True)
    assert "Content-Disposition" not in answer.headers


async def test_a_wish_whose_chat_is_shut_says_so(enter: Enter) -> None:
    """It stays open, and the words are kept."""
    mai, chat = await enter(), await a_chat()
    wish = await a_wish(chat)
    await shut(chat)
    assert "không nhận tin" in text_of(await mai.see())
    answer = await mai.browser.send(f"/staff/wish/{wish.id}", {"form": mai.token, "words": "Xin chào"})
    assert (answer.status, "Xin chào</textarea>" in answer.text) == (409, True)
    assert (await Wish.get(id=wish.id)).answered_at is None


PATHS = {
    "take": Act.HANDLE_CASE,
    "hand_over": Act.HANDLE_CASE,
    "ask": Act.HANDLE_CASE,
    "note": Act.HANDLE_CASE,
    "accept": Act.HANDLE_CASE,
    "breach": Act.HANDLE_CASE,
    "preview": Act.HANDLE_CASE,
    "decide": Act.HANDLE_CASE,
    "approve": Act.HANDLE_CASE,
    "decline": Act.HANDLE_CASE,
    "by_hand": Act.HANDLE_CASE,
    "record": Act.OPEN_RECORD,
}


async def test_every_act_asks_for_its_right(enter: Enter, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever's role permits nothing sees no case and no wish, and can do nothing."""
    mai, chat = await enter(), await a_chat()
    case, wish = await a_case(chat), await a_wish(chat, "bí mật")
    monkeypatch.setitem(MAY, Role.AGENT, frozenset())
    for act in PATHS:
        assert (await mai.do(case, act, words="x", **DECISION)).status == 403, act
    assert (await mai.browser.send(f"/staff/wish/{wish.id}", {"form": mai.token, "words": "x"})).status == 403
    assert (await mai.browser.send("/staff/enter", {"form": mai.token, **ENTERED})).status == 403
    assert (await put(mai, case, "a.png", PNG))[0] == 403
    for path in (f"/staff/case/{case.code}", f"/staff/case/{case.code}/live", "/staff/enter"):
        assert (await mai.see(path)).status == 403
    page = await mai.see()
    assert "bí mật" not in page.text
    assert "/staff/enter" not in page.text
    assert await told(chat) == []
    monkeypatch.setitem(MAY, Role.AGENT, frozenset({Act.HANDLE_CASE}))
    assert (await mai.do(case, "record", why="examine")).status == 403
    assert "/record" not in (await mai.see(f"/staff/case/{case.code}")).text


async def test_nobody_acts_for_somebody_else(enter: Enter, server: RoomServer) -> None:
    """Neither without our own origin, nor without the token; who is not signed in sees nothing."""
    mai, chat = await enter(), await a_chat()
    case, wish = await a_case(chat), await a_wish(chat)
    paths = [*(f"/staff/case/{case.code}/{act}" for act in PATHS), f"/staff/wish/{wish.id}", "/staff/enter"]
    for path in paths:
        form = {"words": "x", **DECISION, **ENTERED}
        assert (await mai.browser.send(path, form)).status == 403, path
        evil = await mai.browser.send(path, {"form": mai.token, **form}, origin="https://evil.example")
        assert evil.status == 403, path
    async with a_profile() as session:
        stranger = Browser(server, session)
        for path in ("/staff", "/staff/live", f"/staff/case/{case.code}", f"/staff/case/{case.code}/live"):
            assert (await stranger.get(path)).to.startswith("/staff/sign-in")
        for path in paths:
            assert (await stranger.send(path, {})).to == "/staff/sign-in"
    assert (await fresh(case)).handler is None
    assert await CaseEntry.filter(kind__not=Entry.FILED).count() == 0


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    body=st.one_of(
        st.dictionaries(
            st.sampled_from([*DECISION, *ENTERED, "words", "to", "seen", "why"]),
            st.text(max_size=60),
            max_size=9,
        ).map(lambda form: urlencode(form).encode()),
        st.binary(max_size=60),
    ),
    act=st.sampled_from([*PATHS, "file", "live", "nothing"]),
)
async def test_no_form_breaks_the_room(enter: Enter, body: bytes, act: str) -> None:
    """Whatever is sent to a case that one has: never a fault of ours, and nothing in the log."""
    mai, case = await enter(), await a_case(await a_chat())
    await run_tx(lambda: take(case, mai.id, NOW))
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "Origin": mai.browser.server.url,
        HEADER: "1",
    }
    with capture_logs() as logs:
        for path in (f"/staff/case/{case.code}/{act}", "/staff/enter", f"/staff/wish/{new_id()}"):
            answer = await mai.browser.ask("POST", path, data=body, headers=headers)
            assert answer.status < 500, answer.text
    assert logs == []


class Stream:
    """An open stream of server-sent events."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self.response = response

    async def next(self) -> str | None:
        """The next part that is sent, or None where the stream has ended."""
        async with asyncio.timeout(15):
            while line := await self.response.content.readline():
                if line.startswith(b"data: "):
                    return str(orjson.loads(line[6:]))
        return None


async def test_the_queue_and_a_case_come_anew_when_something_happens(enter: Enter) -> None:
    """Without a reload: a case that is taken, an answer that arrives."""
    mai, bình = await enter(), await enter("Trần Văn Bình")
    case = await a_case(await a_chat())
    session, url = mai.browser.session, mai.browser.server.url
    path = f"{url}/staff/case/{case.code}/live"
    async with session.get(f"{url}/staff/live") as one, session.get(path) as two:
        assert one.headers["Content-Type"].startswith("text/event-stream")
        queue, page = Stream(one), Stream(two)
        assert "Chưa ai phụ trách" in unescape(str(await queue.next()))
        assert "customer" not in str(await page.next())
        await bình.does(case, "take")
        assert "Trần Văn Bình" in unescape(str(await queue.next()))
        assert "Nhận phụ trách" in unescape(str(await page.next()))

        async def answer() -> None:
            await CaseEntry.add(case, Entry.CUSTOMER_WROTE, NOW, words="Hôm <qua>.")
            await Event.record(Tag.CASE_WORDS_ADDED, NOW, case=case.id)

        await run_tx(answer)
        assert "Hôm &lt;qua&gt;." in str(await page.next())


async def test_an_open_page_keeps_nobody_signed_in(enter: Enter, server: RoomServer) -> None:
    """The stream ends with the session, which it does not lengthen."""
    mai = await enter()
    async with mai.browser.session.get(f"{server.url}/staff/live") as response:
        stream = Stream(response)
        assert await stream.next()
        server.later(IDLE - timedelta(seconds=1))
        await asyncio.sleep(2.5)
        server.later(timedelta(seconds=1))
        assert await stream.next() is None
    assert (await mai.see()).to == "/staff/sign-in?ended=1"


async def test_in_english_too(enter: Enter) -> None:
    """Every page of somebody who reads English is in English."""
    mai, case = await enter(language="en"), await a_case(await a_chat())
    await mai.does(case, "take")
    for path in ("/staff", f"/staff/case/{case.code}", "/staff/enter"):
        page = await mai.see(path)
        assert '<html lang="en">' in page.text
        words = text_of(page).replace(unescape(WORDS.replace("<b>", "").replace("</b>", "")), "")
        found = re.findall(r"\b(Khiếu|hạn|ngày|Nhận|Gửi)\b", words)
        assert found == [], path


async def test_the_verbs_tell_the_second(database: Database) -> None:
    """What is not one's own cannot be handed over or asked about, however one comes to it."""
    case, mai, bình = await a_case(), new_id(), new_id()
    assert await run_tx(lambda: take(case, mai, NOW))
    assert not await run_tx(lambda: take(case, bình, NOW))
    assert not await run_tx(lambda: hand_over(case, bình, bình, NOW))
    assert not await run_tx(lambda: ask_customer(case, bình, "?", NOW))
    assert await run_tx(lambda: hand_over(case, mai, bình, NOW))
