"""Replies as plain text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.channels.layout import parts, split, utf16_units
from chatbot.messages import Button, Link, Reply

MENU = Reply(
    "Quý khách muốn làm gì?",
    buttons=(Button("a", "Xem dữ liệu"), Button("b", "Gửi khiếu nại")),
    link=Link("Mở trang", "https://example.vn/x"),
)


def test_choices_become_numbered_lines_where_buttons_are_lacking() -> None:
    """What a channel cannot show as buttons and links stands in the text."""
    assert parts(MENU, 2000, buttons=False, link=False) == [
        "Quý khách muốn làm gì?\n\n1. Xem dữ liệu\n2. Gửi khiếu nại\n\nMở trang: https://example.vn/x"
    ]
    assert parts(MENU, 2000, buttons=True, link=True) == ["Quý khách muốn làm gì?"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Một hai ba.\n\nBốn năm. Sáu.", ["Một hai ba.", "Bốn năm. Sáu."]),
        ("Một hai ba\nbốn năm. Sáu.", ["Một hai ba", "bốn năm. Sáu."]),
        ("Một hai ba. Bốn năm sáu.", ["Một hai ba.", "Bốn năm sáu."]),
        ("Một hai ba bốn năm sáu", ["Một hai ba", "bốn năm sáu"]),
        ("x" * 30, ["x" * 14, "x" * 14, "xx"]),
        ("Vừa đủ.", ["Vừa đủ."]),
    ],
)
def test_a_long_text_is_cut_at_the_best_place(text: str, expected: list[str]) -> None:
    """Between paragraphs, else lines, sentences, words; only then inside a word."""
    assert split(text, 14) == expected


def test_letters_stay_whole() -> None:
    """A cut never parts a letter from its combining marks, nor an emoji from what is joined to it."""
    assert split("a\u0302\u0301" * 3, 4) == ["a\u0302\u0301"] * 3
    assert split("👩\u200d🔧" * 2, 4) == ["👩\u200d🔧"] * 2


@given(st.text(max_size=200), st.integers(8, 40))
def test_every_part_fits_and_nothing_but_white_space_is_lost(text: str, limit: int) -> None:
    """Measured in UTF-16 units as Telegram does."""
    found = split(text, limit, utf16_units)
    assert all(utf16_units(part) <= limit for part in found)
    assert "".join("".join(found).split()) == "".join(text.split())
