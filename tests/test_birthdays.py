"""Dates of birth, as people and spreadsheets write them."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.birthdays import birthday

TODAY = date(2026, 11, 23)

ANY_TEXT = st.text(st.characters(codec=None), max_size=300)


@pytest.mark.parametrize(
    ("raw", "day"),
    [
        ("14/05/1990", date(1990, 5, 14)),
        ("4-5-90", date(1990, 5, 4)),
        ("14.05.1990", date(1990, 5, 14)),
        ("1/2/26", date(2026, 2, 1)),
        ("1/2/27", date(1927, 2, 1)),
        ("01/01/00", date(2000, 1, 1)),
        ("1990-05-14", date(1990, 5, 14)),
        ("1990/05/14", date(1990, 5, 14)),
        ("1990-05-14 00:00:00", date(1990, 5, 14)),
        ("1990-05-14T23:30:00+07:00", date(1990, 5, 14)),
        ("1990-05-14T00:00:00.000Z", date(1990, 5, 14)),
        ("33007", date(1990, 5, 14)),
        ("33007.0", date(1990, 5, 14)),
        (" 14/05/1990\u200b", date(1990, 5, 14)),
        ("'14/05/1990", date(1990, 5, 14)),
        ("１４/０５/１９９０", date(1990, 5, 14)),
        ("ngày 5 tháng 3 năm 1990", date(1990, 3, 5)),
        ("5 tháng 3, năm 1990", date(1990, 3, 5)),
        ("05-Mar-90", date(1990, 3, 5)),
        ("5 March 1990", date(1990, 3, 5)),
        ("29/02/2000", date(2000, 2, 29)),
        ("01/01/1900", date(1900, 1, 1)),
        ("23/11/2026", TODAY),
    ],
)
def test_birthdays(raw: str, day: date) -> None:
    """The day stands before the month; ISO dates, Excel's serial numbers and words are read too."""
    assert birthday(raw, TODAY) == day


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "9/24/2007",
        "29/02/2001",
        "31/04/1990",
        "00/00/1990",
        "1990-13-01",
        "1990",
        "14/05",
        "14051990",
        "19900514",
        "31/12/1899",
        "24/11/2026",
        "24/12/26",
        "99999",
        "14/05-1990",
        "14/05/990",
        "05 marbles 90",
        "1234",
        "sinh năm 1990",
        "14/05/1990" * 30,
        "٠١/٠٢/١٩٩٠",
    ],
)
def test_what_is_no_birthday(raw: str) -> None:
    """What is not a real date, lies ahead or before 1900, or could mean two things, gives nothing."""
    assert birthday(raw, TODAY) is None


@given(ANY_TEXT | st.text("0123456789/-. :TZ", max_size=30))
def test_any_text_is_a_day_or_none(raw: str) -> None:
    """Nothing makes it fail, and a day that was read is one of a living person."""
    day = birthday(raw, TODAY)
    assert day is None or date(1900, 1, 1) <= day <= TODAY


@given(st.dates(date(1927, 5, 19), TODAY))
def test_every_day_in_every_form(day: date) -> None:
    """A day survives each way of writing it."""
    serial = (day - date(1899, 12, 30)).days
    for written in (day.isoformat(), f"{day:%d/%m/%Y}", f"{day.day}-{day.month}-{day.year}", str(serial)):
        assert birthday(written, TODAY) == day
