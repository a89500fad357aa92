"""Working days: against a count done another way, a library, the law's sample cases, and by properties."""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import holidays
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from chatbot.workdays import Calendar, OutsideCalendar, Reason, SwapPair, Swaps
from tests.properties import tries

HERE = Path(__file__).parent
DATA: dict[str, Any] = tomllib.loads((HERE.parent / "chatbot" / "data" / "calendar.toml").read_text("utf-8"))
TEN_YEARS = range(2025, 2035)
# Days off from Monday to Friday, written down apart from the data file: as announced, then as the law says.
OFF = """
2025: 1/1 27/1-31/1 7/4 30/4 1/5 1/9 2/9
2026: 1/1 16/2-20/2 27/4 30/4 1/5 1/9 2/9 24/11
2027: 1/1 4/2-10/2 16/4 30/4 3/5 2/9 3/9 24/11
2028: 3/1 24/1-28/1 4/4 1/5 2/5 1/9 4/9 24/11
2029: 1/1 12/2-16/2 23/4 30/4 1/5 3/9 4/9
2030: 1/1 31/1-6/2 12/4 30/4 1/5 2/9 3/9
2031: 1/1 21/1-27/1 1/4 30/4 1/5 1/9 2/9 24/11
2032: 1/1 9/2-13/2 19/4 30/4 3/5 2/9 3/9 24/11
2033: 3/1 31/1-4/2 11/4 2/5 3/5 1/9 2/9 24/11
2034: 2/1 17/2-23/2 28/4 1/5 2/5 1/9 4/9 24/11
2035: 1/1 6/2-12/2 17/4 30/4 1/5 3/9 4/9
"""
SWAPPED = {  # off: worked
    date(2025, 5, 2): date(2025, 4, 26),
    date(2026, 1, 2): date(2026, 1, 10),
    date(2026, 8, 31): date(2026, 8, 22),
}


@cache
def calendar(swaps: str = "earlier") -> Calendar:
    return Calendar.load(swaps=swaps)


def days_from(first: date, last: date) -> Iterator[date]:
    while first <= last:
        yield first
        first += timedelta(1)


@cache
def written_off() -> frozenset[date]:
    found: set[date] = set()
    for line in OFF.split("\n"):
        year, _, spans = line.partition(": ")
        for span in spans.split():
            ends = [date(int(year), int(m), int(d)) for d, m in (end.split("/") for end in span.split("-"))]
            found.update(day for day in days_from(ends[0], ends[-1]) if day.weekday() < 5)
    return frozenset(found)


def counts(day: date, follow: bool) -> bool:
    if follow and day in SWAPPED.values():
        return True
    return not (day.weekday() >= 5 or day in written_off() or (follow and day in SWAPPED))


def brute(start: date, days: int, follow: bool) -> date:
    day, left = start, days
    while left or not counts(day, follow):
        day += timedelta(1)
        left -= bool(left) and counts(day, follow)
    return day


@pytest.mark.parametrize("year", TEN_YEARS)
def test_every_start_day_of_ten_years_agrees_with_a_count_day_by_day(year: int) -> None:
    """For 0, 1, 2, 3, 5, 7, 10 and 20 days from every day, in all three readings of the swaps."""
    for start in days_from(date(year, 1, 1), date(year, 12, 31)):
        for days in (0, 1, 2, 3, 5, 7, 10, 20):
            follow, ignore = brute(start, days, True), brute(start, days, False)
            assert calendar("follow").deadline(start, days).date == follow, (start, days)
            assert calendar("ignore").deadline(start, days).date == ignore, (start, days)
            assert calendar("earlier").deadline(start, days).date == min(follow, ignore), (start, days)


def samples() -> list[dict[str, str]]:
    with (HERE / "data" / "working_days_sample.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("row", samples(), ids=lambda row: row["received_at_local"])
def test_sample_cases_of_the_law(row: dict[str, str]) -> None:
    """With swaps followed the sample's date; where it names another one without swaps, that one too."""
    received, days = datetime.fromisoformat(row["received_at_local"]), int(row["working_days"])
    followed = date.fromisoformat(row["deadline_date"])
    _, named, without = row["why"].partition("without swapped days the deadline is ")
    ignored = date.fromisoformat(without[:10]) if named else followed
    assert calendar("follow").deadline(received, days).date == followed
    assert calendar("follow").deadline(received.astimezone(UTC), days).date == followed
    assert calendar("ignore").deadline(received, days).date == ignored
    assert calendar("earlier").deadline(received, days).date == min(followed, ignored)


def test_holidays_library_agrees_but_for_the_differences_known_by_name() -> None:
    """Every day of 2025-2050, provisional years included."""
    theirs = holidays.country_holidays("VN", years=range(2025, 2051))
    worked = theirs.weekend_workdays
    different = {
        day
        for day in days_from(date(2025, 1, 1), date(2050, 12, 31))
        if calendar("follow").is_working(day) != ((day.weekday() < 5 and day not in theirs) or day in worked)
    }
    swap_it_does_not_know = {date(2026, 1, 2), date(2026, 1, 10)}
    make_up_for_24_november_that_no_law_gives = {
        date(2029, 11, 26),
        date(2030, 11, 25),
        date(2035, 11, 26),
        date(2040, 11, 26),
        date(2041, 11, 25),
        date(2046, 11, 26),
        date(2047, 11, 25),
    }
    assert different == swap_it_does_not_know | make_up_for_24_november_that_no_law_gives


def test_every_date_of_the_data_file_has_a_decision_and_its_own_weekday() -> None:
    """Also: nothing twice, years in a row, every decision used, and every reason known."""
    days = DATA["days"]
    dated = [(d["day"], d["weekday"]) for d in days["off"] + days["make_up"]]
    dated += [(s[end], s[f"{end}_weekday"]) for s in days["swap"] for end in ("off", "worked")]
    for day, weekday in dated:
        assert ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"][day.weekday()] == weekday, day
        assert day.year in DATA["announced"]
    assert len({day for day, _ in dated}) == len(dated)
    assert {d["decision"] for group in days.values() for d in group} == set(DATA["decisions"])
    assert {d["reason"] for d in days["off"]} <= set(Reason)
    assert all(s["off"].weekday() < 5 <= s["worked"].weekday() for s in days["swap"])
    years = DATA["announced"] + [lunar["tet"].year for lunar in DATA["provisional"]["years"]]
    assert years == list(range(years[0], years[-1] + 1))
    assert all(lunar["tet"].year == lunar["hung_kings"].year for lunar in DATA["provisional"]["years"])


def test_announced_years_have_the_days_that_the_law_counts() -> None:
    """11 paid days a year, 12 from 2026 on."""
    for year, number in ((2025, 11), (2026, 12), (2027, 12)):
        assert sum(d["day"].year == year for d in DATA["days"]["off"]) == number


def test_make_up_days_computed_are_those_announced() -> None:
    """For a Saturday-Sunday weekend Art. 111(3) gives the listed days, each with its listed decision."""
    skips = calendar("ignore").deadline(date(2025, 1, 1), 740).skipped
    found = {s.day: s.source for s in skips if s.reason is Reason.MAKE_UP and s.day.year <= 2027}
    assert found == {
        m["day"]: f"{DATA['decisions'][m['decision']]}, for {m['for']}" for m in DATA["days"]["make_up"]
    }


START = st.dates(date(2025, 1, 1), date(2034, 12, 31))
DAYS = st.integers(0, 400)
SWAPS = st.sampled_from(list(Swaps))


@given(START, DAYS, SWAPS)
def test_a_deadline_is_a_working_day_and_explains_itself(start: date, days: int, swaps: Swaps) -> None:
    """Exactly N days counted, the last one the deadline; counted and skipped are all days in between."""
    found = calendar(swaps).deadline(start, days)
    assert calendar(swaps).is_working(found.date)
    assert len(found.counted) == days
    assert not days or found.counted[-1].day == found.date
    listed = sorted([d.day for d in found.counted] + [s.day for s in found.skipped])
    if days:
        assert listed == list(days_from(start + timedelta(1), found.date))
    else:
        assert [*listed, found.date] == list(days_from(start, found.date))
    assert all(d.source for d in found.counted)
    assert all(s.source for s in found.skipped)
    assert found.provisional == (found.date.year > 2027)


@given(START, st.integers(0, 60), DAYS, st.integers(0, 60), SWAPS)
def test_a_deadline_never_moves_earlier_for_a_later_start_or_more_days(
    start: date, later: int, days: int, more: int, swaps: Swaps
) -> None:
    """Monotone in both."""
    one = calendar(swaps).deadline(start, days).date
    assert one <= calendar(swaps).deadline(start + timedelta(later), days).date
    assert one <= calendar(swaps).deadline(start, days + more).date


@given(START, DAYS)
def test_earlier_is_the_earlier_of_the_two_readings(start: date, days: int) -> None:
    """And it is explained by the reading that gave it."""
    follow, ignore = (calendar(swaps).deadline(start, days) for swaps in ("follow", "ignore"))
    found = calendar("earlier").deadline(start, days)
    assert found.date == min(follow.date, ignore.date)
    assert (found.counted, found.skipped) in [(d.counted, d.skipped) for d in (follow, ignore)]
    assert calendar("earlier").add_working_days(start, days) == found.date


@given(START, st.integers(1, 400), st.sampled_from(["follow", "ignore"]))
def test_days_between_is_the_inverse_of_adding_days(start: date, days: int, swaps: str) -> None:
    """N days after the start there are N days in between, and -N the other way round."""
    end = calendar(swaps).add_working_days(start, days)
    assert calendar(swaps).working_days_between(start, end) == days
    assert calendar(swaps).working_days_between(end, start) == -days


@given(START, START)
@example(date(2025, 12, 31), date(2026, 1, 2))
@example(date(2026, 1, 2), date(2026, 1, 12))
def test_days_left_with_earlier_are_never_more_than_in_either_reading(a: date, b: date) -> None:
    """So a warning by days left comes in time under both."""
    left = calendar("earlier").working_days_between(a, b)
    assert left == min(calendar(swaps).working_days_between(a, b) for swaps in ("follow", "ignore"))


@settings(max_examples=tries(25), deadline=None)
@given(
    week=st.frozensets(st.integers(0, 6), max_size=5),
    added=st.frozensets(st.dates(date(2026, 1, 1), date(2026, 3, 1)), max_size=8),
    removed=st.frozensets(st.dates(date(2026, 1, 1), date(2026, 3, 1)), max_size=8),
    start=st.dates(date(2026, 1, 1), date(2026, 3, 1)),
    swaps=SWAPS,
)
def test_the_shops_own_days_always_win(
    week: frozenset[int], added: frozenset[date], removed: frozenset[date], start: date, swaps: Swaps
) -> None:
    """Whatever week it keeps, added days are off, removed days count, and a deadline is a working day."""
    own = Calendar.load(weekly_days_off=week, added_days=added, removed_days=removed - added, swaps=swaps)
    assert not any(own.is_working(day) for day in added)
    assert all(own.is_working(day) for day in removed - added)
    assert own.is_working(own.deadline(start, 10).date)


def test_24_november_2026_is_off_and_its_neighbours_are_not() -> None:
    """The proposed swap of Monday 23/11 for Saturday 28/11 was not adopted; in 2025 the day was ordinary."""
    work = [calendar().is_working(date(2026, 11, day)) for day in (23, 24, 25, 28)]
    assert work == [True, False, True, False]
    assert calendar().is_working(date(2025, 11, 24))


def test_tet_2027_skips_a_whole_week_with_its_make_up_days() -> None:
    """Received Wednesday 3/2/2027, day 1 is Thursday 11/2."""
    found = calendar().deadline(date(2027, 2, 3), 1)
    assert found.date == date(2027, 2, 11)
    assert [s.reason for s in found.skipped] == [Reason.TET] * 5 + [Reason.MAKE_UP] * 2
    assert found.skipped[0].source == "Letter 10065/VPCP-KGVX (2026-10-02)"


def test_a_tet_not_yet_announced_has_the_five_days_that_such_a_weekday_had_before() -> None:
    """New year on a Tuesday (2029): from one day before; on a Thursday (2035): from two."""
    for before, first, last in ((date(2029, 2, 9), 12, 16), (date(2035, 2, 5), 6, 10)):
        tet = [s for s in calendar().deadline(before, 1).skipped if s.reason is Reason.TET]
        assert [s.day.day for s in tet] == list(range(first, last + 1))
        assert all(s.source.startswith("provisional: ") for s in tet)


def test_a_shop_open_on_saturdays_gets_its_own_make_up_days() -> None:
    """Tết 2027: only Sunday 7/2 was its day off, so it makes up Tuesday 9/2 and works on Wednesday 10/2."""
    own = Calendar.load(weekly_days_off={6})
    work = [own.is_working(date(2027, 2, day)) for day in (5, 6, 8, 9, 10, 13)]
    assert work == [False, False, False, False, True, True]


def test_another_choice_of_tet_days_is_a_removed_and_an_added_day() -> None:
    """A private employer may take one day before and four after: 4/2 worked, 11/2 off."""
    own = Calendar.load(removed_days=[date(2027, 2, 4)], added_days=[date(2027, 2, 11)])
    found = own.deadline(date(2027, 2, 3), 2)
    assert found.date == date(2027, 2, 12)
    assert found.counted[0].source == "a day off that the shop removed"
    assert found.skipped[-1].reason is Reason.SHOP


def test_a_swap_of_the_shops_own_counts_when_swaps_are_followed() -> None:
    """It moves the date with follow, and not with ignore."""
    pair = SwapPair(date(2027, 9, 1), date(2027, 9, 11), "our own notice")
    dates = [
        Calendar.load(swaps=swaps, swap_pairs=[pair]).deadline(date(2027, 8, 31), 1).date
        for swaps in ("follow", "ignore", "earlier")
    ]
    assert dates == [date(2027, 9, 6), date(2027, 9, 1), date(2027, 9, 1)]


def test_the_day_of_receipt_is_the_local_one() -> None:
    """One second before and at local midnight are two days, whatever UTC says."""
    before, after = (datetime(2026, 7, 15, h, m, s, tzinfo=UTC) for h, m, s in ((16, 59, 59), (17, 0, 0)))
    assert calendar().deadline(before, 10).date == date(2026, 7, 29)
    assert calendar().deadline(after, 10).date == date(2026, 7, 30)


def test_a_deadline_is_provisional_once_it_reaches_an_unannounced_year() -> None:
    """The last working day of 2027 is announced; the next one, 4/1/2028 after a make-up day, is not."""
    assert calendar().deadline(date(2027, 12, 30), 1).provisional is False
    found = calendar().deadline(date(2027, 12, 31), 1)
    assert (found.date, found.provisional) == (date(2028, 1, 4), True)


@pytest.mark.parametrize(
    ("start", "days"),
    [(date(2024, 12, 31), 1), (date(2050, 12, 31), 1), (date(2051, 1, 1), 0), (date.max, 1)],
)
def test_what_lies_outside_the_calendar_is_refused_not_guessed(start: date, days: int) -> None:
    """The error names the years that are covered."""
    with pytest.raises(OutsideCalendar, match="2025-01-01 to 2050-12-31"):
        calendar().deadline(start, days)


def test_refusals() -> None:
    """Negative days, a naive instant, a week without work, a contradiction, an unknown choice."""
    with pytest.raises(ValueError, match="fewer than 0"):
        calendar().deadline(date(2026, 1, 5), -1)
    with pytest.raises(ValueError, match="time zone"):
        calendar().deadline(datetime(2026, 1, 5), 1)
    with pytest.raises(ValueError, match="weekly days off"):
        Calendar.load(weekly_days_off=range(7))
    with pytest.raises(ValueError, match="weekly days off"):
        Calendar.load(weekly_days_off={7})
    with pytest.raises(ValueError, match="2026-01-05 is both"):
        Calendar.load(added_days=[date(2026, 1, 5)], removed_days=[date(2026, 1, 5)])
    with pytest.raises(ValueError, match="never"):
        Calendar.load(swaps="never")


def test_the_version_changes_exactly_when_the_calendar_does() -> None:
    """The same choices give the same version; each other choice its own."""
    assert Calendar.load().version == calendar().version
    versions = [
        calendar().version,
        calendar("follow").version,
        Calendar.load(weekly_days_off={6}).version,
        Calendar.load(added_days=[date(2027, 3, 1)]).version,
        Calendar.load(removed_days=[date(2027, 2, 4)]).version,
        Calendar.load(swap_pairs=[SwapPair(date(2027, 9, 1), date(2027, 9, 11), "our own notice")]).version,
    ]
    assert len(set(versions)) == len(versions)
    assert calendar("earlier").with_swaps("follow").version == calendar("follow").version
