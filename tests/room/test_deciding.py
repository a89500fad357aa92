"""Deciding in the staff room: the preview, the second person where money is paid, the appeal."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta
from html import unescape

import pytest

from models import Event, StaffMember
from models.case_states import CaseState
from models.database import run_tx
from models.deadline import Deadline
from models.event import Tag
from models.letters import deliver_decisions
from models.outgoing import Outgoing
from models.promises import Promise
from models.roles import Role
from tests.room.inside import DECISION, REASON, Enter, text_of
from tests.room_cases import CALENDAR, a_case, a_chat, arrives, fresh, told
from tests.room_server import RoomServer
from tests.staff import NOW


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
        ({"pays": "amount", "amount": "3 quả"}, "Số tiền"),
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
    ("pays", "amount", "written"),
    [("amount", "1.500.000", "1.500.000"), ("amount", "3tr", "3.000.000"), ("joint", "", "liên đới")],
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
