"""The shop's promises in a case, as data: how long each clock runs, when staff are warned, and why.

Working days are counted by ``chatbot.workdays`` from the local date of receipt, which is not counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Promise(StrEnum):
    """A clock of a case. Stored, so never renamed."""

    ACKNOWLEDGE = "acknowledge"
    """Tell the customer that the complaint was received."""
    NEGOTIATE = "negotiate"
    """Give a first answer to somebody who asks to negotiate."""
    EVIDENCE = "evidence"
    """Say what proof is missing, or accept the words."""
    RESOLVE = "resolve"
    """Examine the complaint and answer it."""


@dataclass(frozen=True, slots=True)
class Terms:
    """``days`` are working days. ``rungs`` are the working days left at which staff are warned, ever
    higher up; after the last day they are warned daily."""

    days: int
    rungs: tuple[int, ...]
    source: str


TERMS = {
    Promise.ACKNOWLEDGE: Terms(3, (1, 0), "Law 19/2023/QH15 Art. 31(2)"),
    Promise.NEGOTIATE: Terms(7, (3, 1, 0), "Law 19/2023/QH15 Art. 57(2)"),
    Promise.EVIDENCE: Terms(3, (1, 0), "the shop's own: a complaint without proof must not lie idle"),
    Promise.RESOLVE: Terms(10, (5, 3, 1, 0), "privacy policy, section 8"),
}
