"""A case in the staff room: its page, and take, hand over, ask, note, accept, mark a breach."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta

from chatbot.messages import Matter
from models import Event, StaffMember
from models.case_entry import CaseEntry, Entry
from models.case_states import CaseState
from models.casework import ask as ask_customer
from models.casework import hand_over, take
from models.database import run_tx
from models.deadline import Deadline
from models.event import Tag
from models.keys import new_id
from models.outgoing import Outgoing
from models.promises import Promise
from models.roles import Role
from tests.conftest import Database
from tests.room.inside import Enter, text_of
from tests.room_cases import WORDS, a_case, a_chat, fresh, told, told_to_staff
from tests.room_server import RoomServer
from tests.staff import NOW


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
    assert "/theodoi" not in words
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
    """24 and 72 hours, by default from the marking; others see that it is marked, staff hear the
    number alone."""
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


async def test_the_clocks_of_a_breach_run_from_its_discovery(enter: Enter, server: RoomServer) -> None:
    """Which is said when it is marked: never in the future, at most a year ago, by default now."""
    director, case = await enter("Lê Thị Giám", Role.DIRECTOR), await a_case()
    page = await director.see(f"/staff/case/{case.code}")
    assert 'name="discovered" type="datetime-local" value="2026-11-24T09:00"' in page.text
    for wrong in ("2026-11-24T09:01", "2025-11-01T09:00", "0001-01-01T00:00", "hôm qua"):
        answer = await director.do(case, "breach", discovered=wrong)
        assert (answer.status, "Thời điểm phát hiện chưa đúng" in answer.said) == (422, True)
        assert (await fresh(case)).breach_at is None
    seen = text_of(await director.does(case, "breach", discovered="2026-11-23T10:00"))
    assert "(24 giờ) Còn 1 giờ" in seen
    assert "(72 giờ) Còn 49 giờ" in seen
    assert "Tính từ lúc phát hiện, 10:00 ngày 23/11/2026." in seen


async def test_the_verbs_tell_the_second(database: Database) -> None:
    """What is not one's own cannot be handed over or asked about, however one comes to it."""
    case, mai, bình = await a_case(), new_id(), new_id()
    assert await run_tx(lambda: take(case, mai, NOW))
    assert not await run_tx(lambda: take(case, bình, NOW))
    assert not await run_tx(lambda: hand_over(case, bình, bình, NOW))
    assert not await run_tx(lambda: ask_customer(case, bình, "?", NOW))
    assert await run_tx(lambda: hand_over(case, mai, bình, NOW))
