"""The nouns of working days: a day that counts, a day off and why, a deadline and how it came about."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum


class OutsideCalendar(ValueError):
    """A date that the calendar cannot compute: before its first year or after its last."""


class Swaps(StrEnum):
    """What the shop makes of swaps ("hoán đổi": a weekday off for a Saturday worked).

    They bind the public sector; private employers are only encouraged to follow.
    """

    FOLLOW = "follow"
    IGNORE = "ignore"
    EARLIER = "earlier"
    """Whichever of the two gives the earlier date: a promise that holds under both."""


class Reason(StrEnum):
    """Why a day is off."""

    WEEKLY = "weekly"
    NEW_YEAR = "new_year"
    TET = "tet"
    HUNG_KINGS = "hung_kings"
    REUNIFICATION = "reunification"
    LABOUR_DAY = "labour_day"
    NATIONAL_DAY = "national_day"
    CULTURE_DAY = "culture_day"
    MAKE_UP = "make_up"
    SWAP = "swap"
    SHOP = "shop"


@dataclass(frozen=True, slots=True)
class SwapPair:
    """A day off in exchange for another one worked, and the decision that says so."""

    off: dt.date
    worked: dt.date
    decision: str


@dataclass(frozen=True, slots=True)
class Day:
    """A working day, and what makes it one."""

    day: dt.date
    source: str


@dataclass(frozen=True, slots=True)
class Skip:
    """A day off, and the rule or decision that makes it one."""

    day: dt.date
    reason: Reason
    source: str


@dataclass(frozen=True, slots=True)
class Deadline:
    """The last day of a period of working days; it ends at 24:00 local time (Civil Code Art. 148(6)).

    ``counted`` and ``skipped`` are all days after ``received`` up to ``date``; ``swaps`` is the reading
    that they follow (``FOLLOW`` or ``IGNORE``). ``provisional`` means that the period reaches into a
    year not yet announced. ``version`` names the calendar that gave the date.
    """

    date: dt.date
    received: dt.date
    provisional: bool
    swaps: Swaps
    counted: tuple[Day, ...]
    skipped: tuple[Skip, ...]
    version: str
