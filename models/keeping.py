"""How long each kind of what the desk holds stays, as data: from when it is counted, and why so long."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from chatbot.clock import ZONE


class Category(StrEnum):
    """What is kept. Its line in docs/retention.md bears this name."""

    RECORD = "record"
    CHAT = "chat"
    CASE = "case"
    REQUEST = "request"
    CONSENT = "consent"


@dataclass(frozen=True, slots=True)
class Term:
    """``years`` are None where SHOP_FILE says how many (``retention_years``). ``begins`` is what they are
    counted from, ``why`` what it is kept for, ``source`` where that stands."""

    years: int | None
    begins: str
    why: str
    source: str


TERMS: Mapping[Category, Term] = {
    Category.RECORD: Term(
        None,
        "the last contact, or else the import",
        "to know customers and look after them",
        "policy, section 3; then erased at once: Law 19/2023/QH15 Art. 20(3), Law 91/2025/QH15 Art. 14(1)",
    ),
    Category.CHAT: Term(
        None,
        "the last message of somebody who never opened a record, or whose record is gone",
        "to go on with what was asked",
        "policy, section 3",
    ),
    Category.CASE: Term(
        3,
        "its end: accepted or taken back, or else the decision",
        "damages can be claimed for three years",
        "Civil Code 91/2015/QH13 Art. 588",
    ),
    Category.REQUEST: Term(
        3,
        "its closing",
        "to show that it was answered in time, and why not where it was refused",
        "Decree 330/2026/NĐ-CP Art. 44; as long as claims: Civil Code 91/2015/QH13 Art. 429, 588",
    ),
    Category.CONSENT: Term(
        3,
        "the erasure of the record",
        "to show who agreed to what, when and how",
        "Decree 356/2025/NĐ-CP Art. 6(2); as long as claims: Civil Code 91/2015/QH13 Art. 429, 588",
    ),
}


def last_day(begins: date, years: int) -> date:
    """The last day of a period of years, at whose end (24:00) it ends: the same date (Civil Code
    91/2015/QH13 Art. 148(4), (6)). For a 29 February, of which the Code says nothing, the 28th: earlier is
    safer."""
    try:
        return begins.replace(year=begins.year + years)
    except ValueError:
        return begins.replace(year=begins.year + years, day=28)


def over_before(today: date, years: int) -> datetime:
    """The instant before which a period must have begun to be over today: its last day was yesterday at the
    latest."""
    day = today.replace(year=today.year - years, day=min(today.day, 28))
    while last_day(day, years) < today:
        day += timedelta(days=1)
    return datetime.combine(day, time(), ZONE)


def period(years: int) -> timedelta:
    """So many years, as a text writes a span."""
    return timedelta(days=365) * years
