"""Dates of birth, as people and spreadsheets write them."""

from __future__ import annotations

import re
from datetime import date, timedelta

from chatbot.cleaning import ascii_forms
from chatbot.folding import fold

EARLIEST = date(1900, 1, 1)

LAST_YOUNG_YEAR = 26
"""Two-digit years up to this one are 20yy, later ones 19yy."""

_EXCEL_DAY_ZERO = date(1899, 12, 30)
"""Excel's serial numbers (1900 system) count from here, after the 29 February 1900 that it invented."""

_TIME = r"(?:[T\s]\s*\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?\s*(?:Z|[+-]\d{2}:?\d{2})?)?"
_YEAR_FIRST = re.compile(rf"(\d{{4}})([-/])(\d{{1,2}})\2(\d{{1,2}}){_TIME}", re.ASCII | re.IGNORECASE)
_DAY_FIRST = re.compile(rf"(\d{{1,2}})\s*([-/.])\s*(\d{{1,2}})\s*\2\s*(\d{{4}}|\d{{2}}){_TIME}", re.ASCII)
_SERIAL = re.compile(r"(\d{5})(?:\.0+)?", re.ASCII)
_VIETNAMESE = re.compile(r"(?:ngay )?(\d{1,2}) thang (\d{1,2}) nam (\d{4})", re.ASCII)
_ENGLISH = re.compile(r"(\d{1,2}) ([a-z]{3,9}) (\d{4}|\d{2})", re.ASCII)
_MONTHS = "january february march april may june july august september october november december"
_MONTH_NUMBERS = {name: n for n, month in enumerate(_MONTHS.split(), 1) for name in (month, month[:3])}

_LONGEST = 60


def birthday(raw: str, today: date) -> date | None:
    """The date meant by the text, day before month, or None where there is none, where it is not a
    real date, lies after ``today`` or before 1900."""
    if len(raw) > _LONGEST:
        return None
    try:
        found = _read(ascii_forms(raw))
    except (ValueError, OverflowError):
        return None
    return found if found and EARLIEST <= found <= today else None


def _read(text: str) -> date | None:
    if match := _YEAR_FIRST.fullmatch(text):
        return date(int(match[1]), int(match[3]), int(match[4]))
    if match := _DAY_FIRST.fullmatch(text):
        return date(_year(match[4]), int(match[3]), int(match[1]))
    if match := _SERIAL.fullmatch(text):
        return _EXCEL_DAY_ZERO + timedelta(days=int(match[1]))
    words = fold(text)
    if match := _VIETNAMESE.fullmatch(words):
        return date(int(match[3]), int(match[2]), int(match[1]))
    if (match := _ENGLISH.fullmatch(words)) and match[2] in _MONTH_NUMBERS:
        return date(_year(match[3]), _MONTH_NUMBERS[match[2]], int(match[1]))
    return None


def _year(digits: str) -> int:
    if len(digits) == 4:
        return int(digits)
    return int(digits) + (2000 if int(digits) <= LAST_YOUNG_YEAR else 1900)
