"""The states of a case and the moves between them, as data. Drawn in docs/cases.md.

waiting --prove--> running --decide--> decided --deliver--> answered --accept--> closed
   |                  |  ^                                     |
   '-----withdraw-----'  '------------- appeal (once) ---------'
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class CaseState(StrEnum):
    """Where a case stands. Stored, so never renamed."""

    WAITING = "waiting"
    """Filed; no proof has been accepted yet."""
    RUNNING = "running"
    """Complaint and proof are there: the promise of 10 working days runs."""
    DECIDED = "decided"
    """A decision was made; no channel has taken it yet, so the clock still runs."""
    ANSWERED = "answered"
    """The decision was taken by a channel: the clock has stopped."""
    CLOSED = "closed"
    """The customer accepted the decision."""
    WITHDRAWN = "withdrawn"
    """The customer took the complaint back."""


class Move(StrEnum):
    """What changes a case's state."""

    PROVE = "prove"
    DECIDE = "decide"
    DELIVER = "deliver"
    ACCEPT = "accept"
    APPEAL = "appeal"
    WITHDRAW = "withdraw"


@dataclass(frozen=True, slots=True)
class Rule:
    """From which states a move is possible, and where it leads."""

    source: frozenset[CaseState]
    target: CaseState


def _rule(*source: CaseState, to: CaseState) -> Rule:
    return Rule(frozenset(source), to)


MOVES = {
    Move.PROVE: _rule(CaseState.WAITING, to=CaseState.RUNNING),
    Move.DECIDE: _rule(CaseState.RUNNING, to=CaseState.DECIDED),
    Move.DELIVER: _rule(CaseState.DECIDED, to=CaseState.ANSWERED),
    Move.ACCEPT: _rule(CaseState.ANSWERED, to=CaseState.CLOSED),
    Move.APPEAL: _rule(CaseState.ANSWERED, to=CaseState.RUNNING),
    Move.WITHDRAW: _rule(CaseState.WAITING, CaseState.RUNNING, to=CaseState.WITHDRAWN),
}

OPEN = frozenset({CaseState.WAITING, CaseState.RUNNING, CaseState.DECIDED})
"""States in which the shop still owes something."""
