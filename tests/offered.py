"""Where a conversation stands in the menu."""

from __future__ import annotations

from handlers.menu import OFFERED

_SPELT = ("một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín", "mười")


def place_of(name: str) -> str:
    """Its number in the menu."""
    return str(OFFERED.index(name) + 1)


def spelt(name: str) -> str:
    """The same in words."""
    return _SPELT[OFFERED.index(name)]
