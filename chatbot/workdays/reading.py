"""One reading of the calendar, swaps followed or ignored, laid out so that a deadline is a look-up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from chatbot.workdays.days import Day, OutsideCalendar, Skip, Swaps

ORDINARY = "ordinary working day"


@dataclass(frozen=True, slots=True)
class Reading:
    """Every day from ``first`` to ``last`` as either working or off.

    ``before[i]`` is the number of working days among the first ``i`` days, so any stretch of days is two
    slices, one of ``working`` and one of ``off``.
    """

    swaps: Swaps
    first: date
    last: date
    working: tuple[Day, ...]
    off: tuple[Skip, ...]
    before: tuple[int, ...]

    def is_working(self, day: date) -> bool:
        """Whether the day counts. Raises OutsideCalendar."""
        i = self._index(day)
        return self.before[i + 1] > self.before[i]

    def nth(self, received: date, days: int) -> date:
        """The ``days``-th working day after ``received``; for 0 that day, or the next working one.

        Raises OutsideCalendar.
        """
        passed = self.before[self._index(received) + (days > 0)]
        try:
            return self.working[passed + max(days, 1) - 1].day
        except IndexError:
            raise self._outside(f"{days} working days after {received}") from None

    def last_until(self, day: date) -> date:
        """The last working day up to and including ``day``. Raises OutsideCalendar."""
        passed = self.before[self._index(day) + 1]
        if not passed:
            raise self._outside(f"a working day up to {day}")
        return self.working[passed - 1].day

    def stretch(self, start: date, end: date) -> tuple[tuple[Day, ...], tuple[Skip, ...]]:
        """The working days and the days off from ``start`` to ``end``, both included."""
        i, j = self._index(start), self._index(end) + 1
        a, b = self.before[i], self.before[j]
        return self.working[a:b], self.off[i - a : j - b]

    def between(self, a: date, b: date) -> int:
        """How many working days lie after ``a`` up to and including ``b``; negative when ``b`` is earlier."""
        return self.before[self._index(b) + 1] - self.before[self._index(a) + 1]

    def _index(self, day: date) -> int:
        if not self.first <= day <= self.last:
            raise self._outside(day.isoformat())
        return day.toordinal() - self.first.toordinal()

    def _outside(self, what: str) -> OutsideCalendar:
        return OutsideCalendar(f"{what}: the calendar covers {self.first} to {self.last}")


def lay_out(
    swaps: Swaps, first: date, last: date, off: Mapping[date, Skip], worked: Mapping[date, str]
) -> Reading:
    """The reading in which ``off`` are the days off, and ``worked`` says why an unusual day counts."""
    working: list[Day] = []
    skipped: list[Skip] = []
    before = [0]
    for n in range((last - first).days + 1):
        day = first + timedelta(n)
        if day in off:
            skipped.append(off[day])
        else:
            working.append(Day(day, worked.get(day, ORDINARY)))
        before.append(len(working))
    return Reading(swaps, first, last, tuple(working), tuple(skipped), tuple(before))
