"""The states of a claim to a new contact and the moves between them, as data. Drawn in docs/identity.md.

asked --approve--> approved --open--> open
  |  |               |    |
  |  '---refuse      |    '--object
  |                  |
  '------expire------'
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class ClaimState(StrEnum):
    """Where a claim stands. Stored, so never renamed."""

    ASKED = "asked"
    """A lead has to compare what was told with the record."""
    APPROVED = "approved"
    """The old contacts are warned, and the time to object runs."""
    OPEN = "open"
    """Nobody has objected: the new contact is one of the record's."""
    REFUSED = "refused"
    """What was told was not enough."""
    OBJECTED = "objected"
    """Somebody who still has an old contact said no."""
    EXPIRED = "expired"
    """Nobody decided in time; or the record that was approved changed, or went, or nobody could be warned."""


class ClaimMove(StrEnum):
    """What changes a claim's state."""

    APPROVE = "approve"
    REFUSE = "refuse"
    OBJECT = "object"
    OPEN = "open"
    EXPIRE = "expire"


class ClaimRule(NamedTuple):
    """From which states a move is possible, and where it leads."""

    source: frozenset[ClaimState]
    target: ClaimState


_ASKED, _APPROVED = frozenset({ClaimState.ASKED}), frozenset({ClaimState.APPROVED})

CLAIM_MOVES = {
    ClaimMove.APPROVE: ClaimRule(_ASKED, ClaimState.APPROVED),
    ClaimMove.REFUSE: ClaimRule(_ASKED, ClaimState.REFUSED),
    ClaimMove.OBJECT: ClaimRule(_APPROVED, ClaimState.OBJECTED),
    ClaimMove.OPEN: ClaimRule(_APPROVED, ClaimState.OPEN),
    ClaimMove.EXPIRE: ClaimRule(_ASKED | _APPROVED, ClaimState.EXPIRED),
}

PENDING = _ASKED | _APPROVED
"""States in which something is still to come."""
