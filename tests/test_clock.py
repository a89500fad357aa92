"""The clock: instants in UTC, days in Viet Nam, and the demo's clock that only moves forward."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from chatbot.clock import MovableClock, SystemClock, local_date

ROOT = Path(__file__).parent.parent


def test_system_clock_is_aware_and_in_utc() -> None:
    """Two readings are aware, in UTC, and in order."""
    clock = SystemClock()
    first, second = clock.now(), clock.now()
    assert first.tzinfo is UTC
    assert first <= second


@pytest.mark.parametrize(
    ("instant", "expected"),
    [
        ("2026-11-23T16:59:59.999999+00:00", date(2026, 11, 23)),
        ("2026-11-23T17:00:00+00:00", date(2026, 11, 24)),
        ("2026-11-24T00:00:00+07:00", date(2026, 11, 24)),
        ("2026-11-23T23:59:59+07:00", date(2026, 11, 23)),
        ("2026-12-31T17:00:00+00:00", date(2027, 1, 1)),
        ("2026-11-23T12:00:00-05:00", date(2026, 11, 24)),
    ],
)
def test_the_date_in_viet_nam_decides(instant: str, expected: date) -> None:
    """A day begins at 17:00 UTC of the day before, whatever zone the instant is written in."""
    assert local_date(datetime.fromisoformat(instant)) == expected


def test_a_naive_instant_has_no_date() -> None:
    """Without a zone nobody knows the instant, so no date is guessed."""
    with pytest.raises(ValueError, match="time zone"):
        local_date(datetime(2026, 11, 24))


def test_the_zone_is_there_on_a_machine_without_time_zone_files() -> None:
    """With the system's zone files out of reach, Asia/Ho_Chi_Minh still loads and is UTC+7."""
    program = "import datetime, chatbot.clock as c; print(datetime.datetime(2026, 1, 1, tzinfo=c.ZONE))"
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONTZPATH": ""},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "2026-01-01 00:00:00+07:00"


def test_a_movable_clock_keeps_real_time_plus_all_moves() -> None:
    """Moves add up, and time between them goes on by itself."""
    clock, real = MovableClock(), SystemClock()
    clock.move(timedelta(hours=1))
    clock.move(timedelta(days=365))
    lead = clock.now() - real.now()
    assert abs(lead - timedelta(days=365, hours=1)) < timedelta(seconds=5)
    assert clock.now().tzinfo is UTC


@pytest.mark.parametrize("by", [timedelta(microseconds=-1), timedelta(days=-1), timedelta(days=3_000_000)])
def test_a_movable_clock_refuses_to_go_back_or_beyond_time(by: timedelta) -> None:
    """A refused move leaves the clock where it stood."""
    clock = MovableClock()
    with pytest.raises(ValueError, match="the clock"):
        clock.move(by)
    assert abs(clock.now() - SystemClock().now()) < timedelta(seconds=5)
