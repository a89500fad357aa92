"""The overview that staff are given on the morning of each working day."""

from __future__ import annotations

from models.case import Category
from tests.cases import Watch, at, file_case
from tests.conftest import Database


async def test_the_morning_overview_comes_once_a_working_day(database: Database) -> None:
    """When the office opens, or later if the desk was down; with the cases by what is due."""
    overdue, today = await file_case(at("2026-10-01T10:00")), await file_case(at("2026-10-02T10:00"))
    await file_case(at("2026-10-07T10:00"))
    await file_case(at("2026-10-14T10:00"), category=Category.LEAKED)
    watch = Watch()
    told = await watch.hourly(at("2026-10-16T00:00"), at("2026-10-18T12:00"), "overview")
    assert list(told) == ["Fri 16/10 08:30"]
    [[text]] = told.values()
    assert text.startswith("4 khiếu nại, yêu cầu đang mở: 1 quá hạn, 1 hết hạn hôm nay, ")
    assert "2 hết hạn trong 3 ngày làm việc tới, 0 hết hạn sau đó." in text
    lines = text.splitlines()[1:]
    assert lines[0].startswith(overdue.code)
    assert lines[1].startswith(today.code)
    assert len(lines) == 4
    assert list(await watch.hourly(at("2026-10-19T14:00"), at("2026-10-20T08:00"), "overview")) == [
        "Mon 19/10 14:00"
    ]


async def test_no_overview_where_nothing_is_open(database: Database) -> None:
    """An empty morning is silent."""
    assert await Watch().sweep(at("2026-10-16T08:30"), "overview") == []
