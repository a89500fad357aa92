"""Amounts of money as people in Viet Nam write them: 1.500.000, 1500000đ, 1,5 triệu, 3tr, 500k."""

from __future__ import annotations

import re
from decimal import Decimal

from chatbot.folding import fold

MOST = 10**12
"""Đồng."""

_AMOUNT = re.compile(
    r"(?:(?P<whole>\d{1,15}|\d{1,3}(?: \d{3})+)|(?P<decimal>\d{1,3} \d{1,2})(?= ?[a-z]))"
    r" ?(?P<unit>k|nghin|ngan|tr|trieu|ty)? ?(?:d|dong|vnd)?"
)
_UNITS = {"k": 10**3, "nghin": 10**3, "ngan": 10**3, "tr": 10**6, "trieu": 10**6, "ty": 10**9}


def amount(text: str) -> int | None:
    """The amount in đồng; None where it is none, nothing, or more than MOST."""
    found = _AMOUNT.fullmatch(fold(text))
    if not found or (found["decimal"] and not found["unit"]) or text.lstrip().startswith(("-", "−")):
        return None
    unit = _UNITS.get(found["unit"] or "", 1)
    if found["whole"]:
        dong = int(found["whole"].replace(" ", "")) * unit
    else:
        dong = int(Decimal(found["decimal"].replace(" ", ".")) * unit)
    return dong if 0 < dong <= MOST else None
