"""Values that a text may carry and that each language writes in its own way (see ``texts.py``).

Plain types need no wrapper: ``date``, aware ``datetime``, ``timedelta``, ``int`` and ``str``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
"""In the order of ``date.weekday()``."""


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in Vietnamese đồng, which has no smaller unit."""

    amount: int


@dataclass(frozen=True, slots=True)
class WithWeekday:
    """A date that is written together with its day of the week."""

    day: date


@dataclass(frozen=True, slots=True)
class FileSize:
    """How large a file is, in bytes; written in steps of 1024."""

    size: int


@dataclass(frozen=True, slots=True)
class Hours:
    """From when to when on one day, in Asia/Ho_Chi_Minh."""

    opens: time
    closes: time


@dataclass(frozen=True, slots=True)
class OfficeHours:
    """When people answer, per weekday (Monday is 0); a day that is missing is closed."""

    days: Mapping[int, Hours]
