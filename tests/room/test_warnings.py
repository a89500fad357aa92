"""Warnings of deadlines in the staff room: which is out, who has taken it, when the next one comes."""

from __future__ import annotations

from datetime import date

import pytest

from chatbot.pages.room.warned import next_day
from models.casework import take
from models.database import run_tx
from models.event import Event, Tag
from models.promises import Promise
from models.warning import ClockWarning
from tests.cases import SHOP, Watch, at
from tests.room.inside import Enter, text_of
from tests.room_cases import a_case
from tests.room_server import RoomServer


async def test_a_warning_is_taken_on_the_page_of_its_case(enter: Enter, server: RoomServer) -> None:
    """By a plain form; it silences that rung alone, and everybody sees who has taken it and what comes."""
    mai, bình = await enter(), await enter("Trần Văn Bình")
    case, watch = await a_case(at=at("2026-11-24T09:00")), Watch()
    path = f"/staff/case/{case.code}"
    page = await mai.see(path)
    assert "Cảnh báo tiếp theo: thứ Ba, 01/12/2026." in text_of(page)
    assert "/seen" not in page.text
    server.now = at("2026-12-01T08:30")
    assert len(await watch.sweep(server.now, "warn")) == 1
    page = await mai.see(path)
    assert "Đã cảnh báo người phụ trách lúc 08:30 ngày 01/12/2026. Chưa ai nắm" in text_of(page)
    assert "Cảnh báo tiếp theo: thứ Năm, 03/12/2026." in text_of(page)
    old = page.field("told_by")
    done = await bình.does(case, "seen", told_by=old)
    assert "Trần Văn Bình đã nắm lúc 08:30 ngày 01/12/2026." in text_of(done)
    assert (await mai.do(case, "seen", told_by=old)).status == 409
    assert await watch.sweep(at("2026-12-01T16:30"), "warn") == []
    assert await Event.filter(tag=Tag.WARNING_SEEN, member=bình.id, case=case.id).count() == 1
    server.now = at("2026-12-03T08:30")
    assert len(await watch.sweep(server.now, "warn")) == 1
    assert (await mai.do(case, "seen", told_by=old)).status == 409, "the page did not show the newer rung"
    assert await ClockWarning.filter(taken_at=None).count() == 1
    await run_tx(lambda: take(case, mai.id, server.now))
    await mai.does(case, "seen", told_by=(await mai.see(path)).field("told_by"))
    assert await ClockWarning.filter(taken_at=None).count() == 0


@pytest.mark.parametrize("told_by", ["", "x", "0001-01-01T00:00:00", "9999-12-31T23:59:59-23:59", "1" * 400])
async def test_what_is_no_instant_takes_nothing(enter: Enter, server: RoomServer, told_by: str) -> None:
    """It is answered like a page that is out of date."""
    mai, case = await enter(), await a_case(at=at("2026-11-24T09:00"))
    server.now = at("2026-12-01T08:30")
    await Watch().sweep(server.now, "warn")
    assert (await mai.do(case, "seen", told_by=told_by)).status == 409
    assert await ClockWarning.filter(taken_at=None).count() == 1


@pytest.mark.parametrize(
    ("told", "today", "expected"),
    [
        (None, "2026-11-24", "2026-12-01"),
        (5, "2026-12-01", "2026-12-03"),
        (1, "2026-12-07", "2026-12-08"),
        (0, "2026-12-08", "2026-12-09"),
        (-3, "2026-12-11", "2026-12-14"),
    ],
)
def test_the_day_of_the_next_warning(told: int | None, today: str, expected: str) -> None:
    """That of the next rung, after the last day the next working day."""
    day = next_day(SHOP.calendar, Promise.RESOLVE, date(2026, 12, 8), told, date.fromisoformat(today))
    assert day == date.fromisoformat(expected)
