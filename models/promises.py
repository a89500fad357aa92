"""What the shop owes by when, as data: how long each clock runs, when staff are warned, and why.

Days are counted from the local date of receipt, which is not counted itself (Civil Code 91/2015/QH13
Art. 147(2)).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from chatbot.clock import local_date
from chatbot.workdays import Calendar


class Promise(StrEnum):
    """A clock of a case or of a data subject request. Stored, so never renamed."""

    ACKNOWLEDGE = "acknowledge"
    """Tell the customer that the complaint was received."""
    NEGOTIATE = "negotiate"
    """Give a first answer to somebody who asks to negotiate."""
    EVIDENCE = "evidence"
    """Say what proof is missing, or accept the words."""
    RESOLVE = "resolve"
    """Examine the complaint and answer it."""
    ANSWER = "answer"
    """Answer a data subject request: received, how it goes on, until when."""
    PROVIDE = "provide"
    """Show, correct or hand over data."""
    ERASE = "erase"
    """Erase data."""
    STOP = "stop"
    """Stop: on an objection, a restriction, a consent withdrawn."""


@dataclass(frozen=True, slots=True)
class Count:
    """``until`` is the last day of a period, ``due_on`` the one that staff work towards: the same, or the
    last working day before it. ``provisional`` where that year's days off are not announced yet."""

    until: date
    due_on: date
    provisional: bool


@dataclass(frozen=True, slots=True)
class Terms:
    """``days`` are ``working`` days, or else calendar days. ``rungs`` are the working days left at which
    staff are warned, ever higher up; after the last day they are warned daily."""

    days: int
    rungs: tuple[int, ...]
    source: str
    working: bool = True

    def count(self, received: datetime, calendar: Calendar) -> Count:
        """The period that something received at an instant starts. Raises OutsideCalendar.

        A period of calendar days is not stretched over days off, as Civil Code Art. 148(5) would let it:
        whether that rule holds for Decree 356/2025 is open, and the shorter day is right either way.
        """
        if self.working:
            counted = calendar.deadline(received, self.days)
            return Count(counted.date, counted.date, counted.provisional)
        start = local_date(received)
        until = start + timedelta(days=self.days)
        # Where the shop is closed the whole time, there is no working day after the receipt.
        due_on = max(start, calendar.last_working_day(until))
        return Count(until, due_on, until > calendar.announced_until)


_DECREE = "Decree 356/2025/NĐ-CP Art. 5"

TERMS = {
    Promise.ACKNOWLEDGE: Terms(3, (1, 0), "Law 19/2023/QH15 Art. 31(2)"),
    Promise.NEGOTIATE: Terms(7, (3, 1, 0), "Law 19/2023/QH15 Art. 57(2)"),
    Promise.EVIDENCE: Terms(3, (1, 0), "the shop's own: a complaint without proof must not lie idle"),
    Promise.RESOLVE: Terms(10, (5, 3, 1, 0), "privacy policy, section 8"),
    Promise.ANSWER: Terms(2, (1, 0), _DECREE),
    Promise.PROVIDE: Terms(10, (3, 1, 0), f"{_DECREE}(3)", working=False),
    Promise.ERASE: Terms(20, (7, 3, 1, 0), f"{_DECREE}(4)", working=False),
    Promise.STOP: Terms(15, (5, 3, 1, 0), f"{_DECREE}(2)", working=False),
}
