"""Amounts of money as people write them, customers and staff alike."""

from __future__ import annotations

import pytest

from chatbot.amounts import amount


@pytest.mark.parametrize(
    ("typed", "dong"),
    [
        ("1.500.000", 1_500_000),
        ("1,500,000 ₫", 1_500_000),
        ("1500000đ", 1_500_000),
        ("1,5 triệu", 1_500_000),
        ("3tr", 3_000_000),
        ("3 triệu đồng", 3_000_000),
        ("500k", 500_000),
        ("1 tỷ", 1_000_000_000),
    ],
)
def test_an_amount_is_understood(typed: str, dong: int) -> None:
    """However its digits are grouped, with or without a unit and the currency."""
    assert amount(typed) == dong


@pytest.mark.parametrize("typed", ["", "0", "-5", " −5", "1,50", "một triệu", "3 quả", "9" * 20, "2000 tỷ"])
def test_what_is_no_amount(typed: str) -> None:
    """Nothing, less than nothing, half a đồng, words, and more than anybody means."""
    assert amount(typed) is None
