"""The clock: the only module that asks what time it is.

Instants are aware datetimes in UTC; days are dates in Viet Nam, because there a day ends at 24:00 local
time (Civil Code 91/2015/QH13 Art. 148(6)). Everything else is handed ``now`` or a ``Clock``.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
"""Official time in Viet Nam: UTC+7 (Decision 121-CP of 1967 Art. 1, as amended by 134/2002/QĐ-TTg)."""


class Clock(Protocol):
    """Whatever can say what time it is."""

    def now(self) -> datetime:
        """The present instant, aware, in UTC."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """The present instant, aware, in UTC."""
        return datetime.now(UTC)


class MovableClock:
    """The demo's clock: real time, plus a lead that only grows, so that no deadline ever un-happens."""

    def __init__(self) -> None:
        self._lead = timedelta()

    def now(self) -> datetime:
        """Real time plus the lead, aware, in UTC."""
        return datetime.now(UTC) + self._lead

    def move(self, by: timedelta) -> None:
        """Add ``by`` to the lead.

        Raises ValueError when ``by`` is negative or leads beyond the year 9999; the clock then stays.
        """
        if by < timedelta():
            raise ValueError("the clock only moves forward")
        try:
            self.now() + by
        except OverflowError:
            raise ValueError("the clock cannot move beyond the year 9999") from None
        self._lead += by


def local_date(instant: datetime) -> date:
    """The date in Viet Nam at this instant; it decides what counts as the day of receipt.

    Raises ValueError for a naive datetime, whose instant nobody knows.
    """
    if instant.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    return instant.astimezone(ZONE).date()
