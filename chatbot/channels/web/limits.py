"""How much one browser and one network address may ask for."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Sizes in bytes, rates per second, bursts in pieces.

    Many customers share one address behind a mobile operator's translation, hence the room there.
    """

    frame: int = 32 * 1024
    file: int = 20 * 1024 * 1024
    sockets_per_network: int = 60
    sockets_per_chat: int = 8
    message_rate: float = 1.0
    message_burst: int = 12
    network_rate: float = 10.0
    network_burst: int = 100
    upload_rate: float = 0.2
    upload_burst: int = 30


class Rate:
    """Token buckets by key: ``burst`` at once, then ``per_second``. Keeps the keys used last."""

    def __init__(
        self, per_second: float, burst: int, keys: int = 10_000, time: Callable[[], float] = time.monotonic
    ) -> None:
        self._per_second = per_second
        self._burst = float(burst)
        self._keys = keys
        self._time = time
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait(self, key: str) -> float:
        """Take one; 0 if there was one, else nothing is taken and it is the seconds to wait."""
        now = self._time()
        left, then = self._buckets.pop(key, (self._burst, now))
        left = min(self._burst, left + (now - then) * self._per_second)
        wait = 0.0 if left >= 1 else (1 - left) / self._per_second
        self._buckets[key] = (left - 1 if left >= 1 else left, now)
        if len(self._buckets) > self._keys:
            self._buckets.popitem(last=False)
        return wait
