"""When a clock warns whom: the table, and a year of it in hourly steps with standstills."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatbot.clock import ZONE, local_date
from handlers.rungs import LADDER, calls, level_of, missed, office_open, reached, working_time_ago
from models.deadline import days_left
from models.keys import new_id
from models.promises import TERMS, Promise
from models.warning import Level, OpenClock
from tests.cases import HOUR, SHOP, at
from tests.properties import tries

CALENDAR = SHOP.calendar


@pytest.mark.parametrize(
    ("promise", "left", "rung", "level"),
    [
        (Promise.RESOLVE, 6, None, None),
        (Promise.RESOLVE, 5, 5, Level.HANDLER),
        (Promise.RESOLVE, 4, 5, Level.HANDLER),
        (Promise.RESOLVE, 3, 3, Level.LEAD),
        (Promise.RESOLVE, 1, 1, Level.DIRECTOR),
        (Promise.RESOLVE, 0, 0, Level.DIRECTOR),
        (Promise.RESOLVE, -7, -7, Level.DIRECTOR),
        (Promise.NEGOTIATE, 3, 3, Level.HANDLER),
        (Promise.NEGOTIATE, 1, 1, Level.LEAD),
        (Promise.NEGOTIATE, 0, 0, Level.DIRECTOR),
        (Promise.EVIDENCE, 1, 1, Level.HANDLER),
        (Promise.EVIDENCE, 0, 0, Level.LEAD),
        (Promise.EVIDENCE, -1, -1, Level.DIRECTOR),
    ],
)
def test_the_rung_and_whom_it_calls(
    promise: Promise, left: int, rung: int | None, level: Level | None
) -> None:
    """The nearer the day, the higher up."""
    assert reached(promise, left) == rung
    if rung is not None:
        assert level_of(promise, rung) is level


def test_the_rungs_in_between_are_missed() -> None:
    """Those of the terms; the daily ones after the last day are not made up for."""
    assert missed(Promise.RESOLVE, 5, None) == ()
    assert missed(Promise.RESOLVE, 0, None) == (5, 3, 1)
    assert missed(Promise.RESOLVE, -9, 3) == (1, 0)
    assert missed(Promise.RESOLVE, -9, -2) == ()


@pytest.mark.parametrize(
    ("now", "ago"),
    [
        ("2026-11-25T12:30", "2026-11-25T08:30"),
        ("2026-11-25T10:00", "2026-11-23T15:00"),  # over the Culture Day, 24 November
        ("2026-11-23T09:30", "2026-11-20T14:30"),  # over a weekend
        ("2026-11-25T22:00", "2026-11-25T13:30"),
        ("2027-02-11T09:00", "2027-02-03T14:00"),  # over Tết
    ],
)
def test_working_time_is_counted_in_office_hours(now: str, ago: str) -> None:
    """Nights, weekends and holidays do not count."""
    assert working_time_ago(SHOP, at(now), 4 * HOUR) == at(ago)


@st.composite
def years(draw: st.DrawFn) -> tuple[datetime, list[tuple[int, int]], list[tuple[int, Promise, int | None]]]:
    """A first hour, standstills as hours from it, and cases: filed when, which clock, met when."""
    start = datetime.combine(draw(st.dates(date(2025, 1, 6), date(2027, 6, 1))), datetime.min.time(), ZONE)
    still = draw(st.lists(st.tuples(st.integers(0, 8760), st.integers(1, 800)), max_size=4))
    cases = draw(
        st.lists(
            st.tuples(
                st.integers(0, 8000),
                st.sampled_from([Promise.RESOLVE, Promise.NEGOTIATE, Promise.PROVIDE, Promise.STOP]),
                st.one_of(st.none(), st.integers(1, 500)),
            ),
            min_size=1,
            max_size=3,
        )
    )
    return start, still, cases


@settings(max_examples=tries(25), deadline=None)
@given(years(), st.booleans())
def test_a_year_of_warnings(
    year: tuple[datetime, list[tuple[int, int]], list[tuple[int, Promise, int | None]]], takes: bool
) -> None:
    """Whatever stands still and whenever a clock is met: each rung calls each level once, never at night
    or on a day off, never after it was met; and on the last day somebody is always told."""
    start, standstills, filed = year
    clocks: dict[int, OpenClock] = {}
    told: list[tuple[int, OpenClock, int, Level, datetime]] = []
    swept: set[datetime] = set()
    for hour in range(8760):
        now = start + timedelta(hours=hour)
        for number, (born, promise, lives) in enumerate(filed):
            if hour == born:
                due = TERMS[promise].count(now, CALENDAR).due_on
                clocks[number] = OpenClock(deadline=new_id(), about=new_id(), promise=promise, due_on=due)
            if lives is not None and hour == born + lives:
                clocks.pop(number, None)
        if any(begin <= hour < begin + length for begin, length in standstills):
            continue
        swept.add(now)
        for call in list(calls(list(clocks.values()), SHOP, now)):
            number = next(one for one, clock in clocks.items() if clock is call.clock)
            told.append((number, call.clock, call.rung, call.level, now))
            clocks[number] = replace(
                call.clock, warning=new_id(), rung=call.rung, level=call.level, called_at=now, taken=takes
            )
        assert not list(calls(list(clocks.values()), SHOP, now)), "told again at the same time"

    assert max(Counter((one, rung, level) for one, _, rung, level, _ in told).values(), default=1) == 1
    for (one, _, rung, level, _), (other, _, next_rung, next_level, _) in pairwise(
        sorted(told, key=lambda t: t[0])
    ):
        if one == other:
            assert next_rung < rung or LADDER.index(next_level) > LADDER.index(level)
            assert not (takes and next_rung == rung)
    for number, clock, rung, _, now in told:
        born, promise, lives = filed[number]
        local = now.astimezone(ZONE)
        assert office_open(SHOP, now) or (local.date() == clock.due_on and 7 <= local.hour < 22)
        assert lives is None or now < start + timedelta(hours=born + lives)
        assert rung == reached(promise, days_left(CALENDAR, local.date(), clock.due_on))
    for number, (born, promise, lives) in enumerate(filed):
        due = TERMS[promise].count(start + timedelta(hours=born), CALENDAR).due_on
        end = start + timedelta(hours=born + (lives or 10**5))
        hours = [
            now
            for now in swept
            if local_date(now) == due and 7 <= now.astimezone(ZONE).hour < 22 and now < end
        ]
        if hours:
            assert any(
                one == number and rung == 0 and local_date(now) == due for one, _, rung, _, now in told
            )
