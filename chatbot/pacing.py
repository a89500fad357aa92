"""How fast an outlet may be used, so that a platform never has to tell us to slow down.

The limits hold for one process. Real time: they do not follow the demo's movable clock.
"""

from __future__ import annotations

import time
from collections import OrderedDict, deque
from collections.abc import Callable

from chatbot.channels import Pace

SLACK = 0.05
"""Seconds added to every window, because the network does not deliver evenly."""


class Window:
    """At most ``most`` events in any ``seconds``: exact, also across bursts, unlike a token bucket."""

    def __init__(self, most: int, seconds: float) -> None:
        self._seconds = seconds
        self._at: deque[float] = deque(maxlen=most)

    def free_at(self, now: float) -> float:
        """When the next event may be, at the earliest ``now``."""
        full = len(self._at) == self._at.maxlen
        return max(now, self._at[0] + self._seconds) if full else now

    def take(self, at: float) -> None:
        """Note an event; never before an earlier one."""
        self._at.append(at)

    def idle(self, now: float) -> bool:
        """Whether nothing that was noted counts any more."""
        return not self._at or self._at[-1] + self._seconds <= now


class _Lanes:
    """A window for each lane that was used of late; the others are forgotten."""

    def __init__(self, rate: float, seconds: float) -> None:
        self._rate, self._seconds = rate, seconds
        self._windows: OrderedDict[str, Window] = OrderedDict()

    def free_at(self, lane: str, now: float) -> float:
        window = self._windows.get(lane)
        return window.free_at(now) if window else now

    def take(self, lane: str, at: float, now: float) -> None:
        window = self._windows.pop(lane, None) or _window(self._rate, self._seconds)
        window.take(at)
        self._windows[lane] = window
        while next(iter(self._windows.values())).idle(now):
            self._windows.popitem(last=False)

    def __len__(self) -> int:
        return len(self._windows)


class Pacing:
    """The limits of one outlet. ``clock`` gives seconds that only grow."""

    def __init__(self, pace: Pace, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._all = _window(pace.per_second, 1) if pace.per_second else None
        self._chats = _Lanes(pace.chat_per_second, 1) if pace.chat_per_second else None
        self._groups = _Lanes(pace.group_per_minute, 60) if pace.group_per_minute else None
        self._paused_until = 0.0

    def wait(self, lane: str, group: bool) -> float:
        """Seconds until a lane may be used again; takes nothing."""
        now = self._clock()
        return max((limit.free_at(lane, now) - now for limit in self._of_lane(group)), default=0)

    def reserve(self, lane: str, group: bool) -> float:
        """Take the next place for a lane whose ``wait`` is over; seconds until it comes. Places are
        given out in the order in which they are asked for."""
        now = self._clock()
        at = self._all.free_at(now) if self._all else now
        if self._all:
            self._all.take(at)
        for limit in self._of_lane(group):
            limit.take(lane, at, now)
        return at - now

    def pause(self, seconds: float) -> None:
        """Let nothing out for a while."""
        self._paused_until = max(self._paused_until, self._clock() + seconds)

    def paused(self) -> float:
        """Seconds until the outlet may be used again, 0 when it may be now."""
        return max(0.0, self._paused_until - self._clock())

    def remembered(self) -> int:
        """How many lanes are remembered; those that were idle for long are not."""
        return sum(len(limit) for limit in (self._chats, self._groups) if limit is not None)

    def _of_lane(self, group: bool) -> list[_Lanes]:
        return [limit for limit in (self._chats, self._groups if group else None) if limit is not None]


def _window(rate: float, seconds: float) -> Window:
    """A window for ``rate`` events in ``seconds``; a rate need not be whole."""
    most = max(1, int(rate))
    return Window(most, seconds * most / rate + SLACK)
