"""Pacing: no window of time ever holds more than the outlet's limit, and nothing waits for no reason."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from chatbot.channels import Pace
from chatbot.pacing import SLACK, Pacing

TELEGRAM = Pace(per_second=30, chat_per_second=1, group_per_minute=20)


class Clock:
    """Seconds that pass only when told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def most_in(times: list[float], seconds: float) -> int:
    """The most events that any half-open window of so many seconds holds."""
    times = sorted(times)
    return max(sum(start <= time < start + seconds for time in times) for start in times)


@given(st.lists(st.tuples(st.integers(0, 12), st.floats(0, 0.4)), min_size=1, max_size=150))
def test_no_limit_is_ever_broken(asks: list[tuple[int, float]]) -> None:
    """Whatever is asked for and when: 30 a second over all, 1 a second per chat, 20 a minute in a group."""
    clock = Clock()
    pacing = Pacing(TELEGRAM, clock)
    free: dict[str, float] = {}
    sent: dict[str, list[float]] = {}
    for number, gap in asks:
        clock.now += gap
        lane, group = f"lane{number}", number < 2
        if clock.now < free.get(lane, 0) or pacing.wait(lane, group):
            continue  # this lane waits, the others go on
        at = clock.now + pacing.reserve(lane, group)
        free[lane] = at
        sent.setdefault(lane, []).append(at)
    assert most_in([at for times in sent.values() for at in times], 1) <= 30
    assert all(most_in(times, 1) <= 1 for times in sent.values())
    assert all(most_in(sent.get(group, [0.0]), 60) <= 20 for group in ("lane0", "lane1"))


def test_a_group_gets_its_twenty_and_then_waits_out_the_minute() -> None:
    """Twenty messages go out a second apart; the next waits until the first is a minute old."""
    clock = Clock()
    pacing = Pacing(TELEGRAM, clock)
    start = clock.now
    for _ in range(20):
        clock.now += pacing.wait("staff", group=True)
        assert pacing.reserve("staff", group=True) == 0
    assert clock.now - start < 21
    assert 60 <= clock.now - start + pacing.wait("staff", group=True) < 60 + 2 * SLACK


def test_a_burst_within_the_limit_goes_out_at_once_and_a_longer_one_in_the_order_of_asking() -> None:
    """Thirty messages to thirty chats do not wait; the next thirty wait a second, in order."""
    pacing = Pacing(TELEGRAM, Clock())
    waits = [pacing.reserve(f"lane{number}", group=False) for number in range(90)]
    assert waits[:30] == [0] * 30
    assert all(1 <= wait < 1.1 for wait in waits[30:60])
    assert waits == sorted(waits)


def test_an_outlet_without_limits_never_waits() -> None:
    """Zero means without a limit, and nothing is remembered."""
    pacing = Pacing(Pace(), Clock())
    assert {pacing.wait("lane", group=True) + pacing.reserve("lane", group=True) for _ in range(100)} == {0}
    assert pacing.remembered() == 0


def test_a_rate_below_one_a_second_holds_too() -> None:
    """Half a message a second is one every two seconds."""
    clock = Clock()
    pacing = Pacing(Pace(per_second=0.5), clock)
    assert pacing.reserve("a", group=False) == 0
    assert 2 <= pacing.reserve("b", group=False) < 2.1


def test_idle_lanes_are_forgotten() -> None:
    """A million chats that wrote once do not stay in memory."""
    clock = Clock()
    pacing = Pacing(TELEGRAM, clock)
    for number in range(10_000):
        clock.now += pacing.reserve(f"lane{number}", group=number % 2 == 0) + 0.05
    clock.now += 61
    pacing.reserve("last", group=True)
    assert pacing.remembered() <= 2


def test_a_pause_holds_and_only_a_longer_one_prolongs_it() -> None:
    """After a flood warning the outlet is shut for as long as the strictest warning says."""
    clock = Clock()
    pacing = Pacing(TELEGRAM, clock)
    pacing.pause(5)
    pacing.pause(1)
    clock.now += 4
    assert pacing.paused() == 1
    clock.now += 1
    assert pacing.paused() == 0
