"""What each role on the roster may do, as data."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Role(StrEnum):
    """A rung of the staff. Stored, so never renamed."""

    AGENT = "agent"
    LEAD = "lead"
    DIRECTOR = "director"


class Act(StrEnum):
    """Something that not everybody may do."""

    HANDLE_CASE = "handle_case"
    """Take a case, hand it over, ask its customer, note, accept other proof, decide."""
    ENTER_CASE = "enter_case"
    """Enter what came by e-mail, telephone or post."""
    OPEN_RECORD = "open_record"
    """Open a customer's full record, with a reason that the customer can see."""
    APPROVE_PAYMENT = "approve_payment"
    """Be the second person where money is paid."""
    APPROVE_CONTACT = "approve_contact"
    """Let a customer who can prove no contact any more have a new one."""
    HOLD = "hold"
    """Put a record or a case under a legal hold, and lift it."""
    ALLOW_ERASING = "allow_erasing"
    """Let many records be erased at once, or after the clock has jumped."""
    SEE_BREACH = "see_breach"
    """Follow the 24-hour and 72-hour clocks of a possible breach."""


_AGENT = frozenset({Act.HANDLE_CASE, Act.ENTER_CASE, Act.OPEN_RECORD})
_LEAD = _AGENT | {Act.APPROVE_PAYMENT, Act.APPROVE_CONTACT}

MAY: Mapping[Role, frozenset[Act]] = {
    Role.AGENT: _AGENT,
    Role.LEAD: _LEAD,
    Role.DIRECTOR: _LEAD | {Act.HOLD, Act.ALLOW_ERASING, Act.SEE_BREACH},
}
