"""Customers who do not get what staff write: another contact, or somebody tells them by hand."""

from __future__ import annotations

from chatbot.messages import Kind
from models.case import CaseContact
from models.case_states import CaseState
from models.database import run_tx
from models.keys import new_id, ring
from models.letters import deliver_decisions
from models.outgoing import Arrival, Outgoing, State
from tests.people import EMAIL
from tests.room.inside import DECISION, REASON, Enter, shut, text_of
from tests.room_cases import (
    a_case,
    a_chat,
    arrives,
    fresh,
    links_to_staff,
    told,
    told_elsewhere,
    told_to_staff,
)
from tests.room_server import RoomServer
from tests.staff import NOW


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
    assert await links_to_staff() == [f"https://desk.example.vn/staff/case/{case.code}"]
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
