"""With how many inputs a property is tried: a quarter where somebody waits, all of them where nobody does."""

from __future__ import annotations

import os

DEEP = os.environ.get("DEEP_TESTS") == "1"


def tries(deep: int) -> int:
    """So many with ``DEEP_TESTS=1``, as in continuous integration; otherwise a quarter."""
    return deep if DEEP else deep // 4
