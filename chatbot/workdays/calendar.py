"""The shop's working-day calendar: the country's days off, its own week, closures and choice of swaps.

    weekly days off -> public holidays -> make-up days -> swaps -> the shop's added, then removed days

Each later rule overrides the earlier ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from hashlib import sha256

from chatbot.clock import local_date
from chatbot.workdays.days import Deadline, Reason, Skip, SwapPair, Swaps
from chatbot.workdays.national import National, national
from chatbot.workdays.reading import Reading, lay_out

SATURDAY_SUNDAY = frozenset({5, 6})
WEEKLY_SOURCE = "the shop's weekly days off (Labour Code 45/2019/QH14 Art. 111(2))"
MAKE_UP_SOURCE = "Labour Code 45/2019/QH14 Art. 111(3)"


@dataclass(frozen=True, slots=True)
class Calendar:
    """Which days count for this shop, from ``first`` to ``last``; after ``announced_until`` provisionally.

    ``version`` changes whenever any day changes, for whatever cause. Every method raises OutsideCalendar
    for a date that it does not cover; days beyond it are not guessed.
    """

    swaps: Swaps
    first: date
    announced_until: date
    last: date
    version: str
    _both: tuple[Reading, Reading] = field(repr=False, compare=False)
    _readings: tuple[Reading, ...] = field(repr=False, compare=False)

    @staticmethod
    def load(
        *,
        weekly_days_off: Iterable[int] = SATURDAY_SUNDAY,
        added_days: Iterable[date] = (),
        removed_days: Iterable[date] = (),
        swaps: str = Swaps.EARLIER,
        swap_pairs: Iterable[SwapPair] = (),
    ) -> Calendar:
        """Build the calendar from the reviewed data file and the shop's own choices.

        ``weekly_days_off`` counts from Monday = 0. ``added_days`` are closures and local days off,
        ``removed_days`` are days that the shop works all the same, ``swap_pairs`` come on top of the
        announced ones; what lies outside the calendar has no effect. Raises ValueError for an unknown
        ``swaps``, a weekday outside 0-6, a week without working days, or a day both added and removed.
        """
        weekly, added, removed = frozenset(weekly_days_off), frozenset(added_days), frozenset(removed_days)
        if not weekly < frozenset(range(7)):
            raise ValueError("weekly days off are numbers from 0 (Monday) to 6, and not all of them")
        if added & removed:
            raise ValueError(f"{min(added & removed)} is both added to and removed from the days off")
        country = national()
        pairs = (*country.swaps, *swap_pairs)
        both = (
            _reading(Swaps.FOLLOW, country, weekly, added, removed, pairs),
            _reading(Swaps.IGNORE, country, weekly, added, removed, ()),
        )
        return _chosen(Swaps(swaps), country.announced_until, both)

    def with_swaps(self, swaps: str) -> Calendar:
        """The same days under another choice of swaps. Raises ValueError for an unknown one."""
        return _chosen(Swaps(swaps), self.announced_until, self._both)

    def is_working(self, day: date) -> bool:
        """Whether the day counts; with ``EARLIER``, whether it does with or without swaps."""
        return any(reading.is_working(day) for reading in self._readings)

    def deadline(self, received: datetime | date, days: int) -> Deadline:
        """The end of a period of ``days`` working days that something received on that day starts.

        The day of receipt, a local date, is not counted (Civil Code 91/2015/QH13 Art. 147(2)). For 0 days
        it is that day, or the next working day if it is off (Art. 148(5)). Of two readings with the same
        date the one with swaps explains it. Raises ValueError for negative days or a naive datetime.
        """
        day = local_date(received) if isinstance(received, datetime) else received
        if days < 0:
            raise ValueError("a period cannot have fewer than 0 working days")
        end, reading = min(
            ((reading.nth(day, days), reading) for reading in self._readings), key=lambda found: found[0]
        )
        counted, skipped = reading.stretch(day + timedelta(days > 0), end)
        provisional = end > self.announced_until
        return Deadline(end, day, provisional, reading.swaps, counted[:days], skipped, self.version)

    def add_working_days(self, day: date, days: int) -> date:
        """The date alone of ``deadline(day, days)``."""
        return self.deadline(day, days).date

    def last_working_day(self, until: date) -> date:
        """The last working day up to and including ``until``; with ``EARLIER`` of two readings the
        earlier."""
        return min(reading.last_until(until) for reading in self._readings)

    def working_days_between(self, a: date, b: date) -> int:
        """How many working days lie after ``a`` up to and including ``b``; negative when ``b`` is earlier.

        With ``EARLIER`` the smaller number, so that a warning by days left never comes too late.
        """
        return min(reading.between(a, b) for reading in self._readings)


def _chosen(swaps: Swaps, announced_until: date, both: tuple[Reading, Reading]) -> Calendar:
    readings = tuple(reading for reading in both if swaps in (reading.swaps, Swaps.EARLIER))
    content = repr((swaps, announced_until, readings))
    version = sha256(content.encode()).hexdigest()[:12]
    return Calendar(swaps, both[0].first, announced_until, both[0].last, version, both, readings)


def _reading(
    swaps: Swaps,
    country: National,
    weekly: frozenset[int],
    added: frozenset[date],
    removed: frozenset[date],
    pairs: Iterable[SwapPair],
) -> Reading:
    off: dict[date, Skip] = {}
    worked: dict[date, str] = {}
    for n in range((country.last - country.first).days + 1):
        day = country.first + timedelta(n)
        if day.weekday() in weekly:
            off[day] = Skip(day, Reason.WEEKLY, WEEKLY_SOURCE)
    off |= country.holidays
    for skip in _make_ups(country, weekly):
        off[skip.day] = skip
    for pair in pairs:
        off.setdefault(pair.off, Skip(pair.off, Reason.SWAP, pair.decision))
        if pair.worked in off and off[pair.worked].reason is Reason.WEEKLY:
            del off[pair.worked]
            worked[pair.worked] = pair.decision
    for day in added:
        off[day] = Skip(day, Reason.SHOP, "the shop's added days off")
    for day in removed & off.keys():
        del off[day]
        worked[day] = "a day off that the shop removed"
    return lay_out(swaps, country.first, country.last, off, worked)


def _make_ups(country: National, weekly: frozenset[int]) -> Iterator[Skip]:
    """Make-up days for holidays on the shop's own weekly days off (Labour Code Art. 111(3)).

    24 November has none: it is not a holiday of Art. 112(1).
    """
    taken = set(country.holidays)
    for holiday in sorted(country.holidays.values(), key=lambda skip: skip.day):
        if holiday.day.weekday() not in weekly or holiday.reason is Reason.CULTURE_DAY:
            continue
        day = holiday.day
        while day in taken or day.weekday() in weekly:
            day += timedelta(1)
        taken.add(day)
        yield Skip(day, Reason.MAKE_UP, country.make_ups.get(day, MAKE_UP_SOURCE) + f", for {holiday.day}")
