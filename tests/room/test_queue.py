"""The queue in the staff room: what is due first, the figures of the month, a case by its number."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from urllib.parse import urlencode

from models.casework import take
from models.database import run_tx
from models.deadline import Deadline
from models.promises import Promise
from models.roles import Role
from tests.room.inside import Enter, text_of
from tests.room_cases import WORDS, a_case, a_chat
from tests.staff import NOW


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
    assert "Đã nhận 3 ngày trước · Tôi phụ trách" in words
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
