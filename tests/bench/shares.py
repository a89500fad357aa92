"""Where the desk's time goes, from a profile of its event loop: by package, waiting left out.

The profiler makes Python dearer than it is, and does not see SQLite's thread: the shares are a guide.
"""

from __future__ import annotations

import pstats
import re
from collections import Counter
from pathlib import Path

_PACKAGE = re.compile(
    r"site-packages/([^/]+)|/(chatbot|handlers|models)/|python3\.\d+/(?!site-packages)([^/.]+)"
)
_LEAST = 0.01
"""Smaller shares are told as one."""


def shares(profile: Path) -> list[tuple[str, float]]:
    """Packages (of the standard library: modules) and their shares of all work, the largest first."""
    spent: Counter[str] = Counter()
    for (file, _, name), (_, _, own, _, callers) in pstats.Stats(str(profile)).stats.items():  # type: ignore[attr-defined]
        if "poll' of 'select." in name:
            continue
        if file == "~":  # in C: counted with those who called it
            for (caller, _, _), (_, _, part, _) in callers.items():
                spent[_package(caller)] += part
        else:
            spent[_package(file)] += own
    total = sum(spent.values())
    found = [(name, time / total) for name, time in spent.most_common() if time / total >= _LEAST]
    return [*found, ("all else", 1 - sum(share for _, share in found))]


def _package(file: str) -> str:
    found = _PACKAGE.search(file)
    return next(name for name in found.groups() if name) if found else "all else"
