"""What becomes of a message after an attempt to send it: the one place where that is decided.

Everything here is a plain function of the message, the error and the time.
"""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from chatbot.channels import WINDOW_SHUT, Blocked, DeliveryError, Later, Moved, Refused, Unsure
from chatbot.messages import Address
from models.outgoing import Outgoing, Purpose, State
from models.sending import Outcome, Recipient

FIRST_WAIT = 1.0
LONGEST_WAIT = 600.0
"""Seconds between two attempts, at the most, where the outlet names no time."""
LONGEST_PAUSE = 3600.0
"""Seconds that an outlet can make us wait, whatever it asks for."""
MOST_DOUBTS = 3
GIVE_UP = {
    Purpose.CODE: timedelta(minutes=5),  # when it can no longer be used
    Purpose.ANSWER: timedelta(hours=24),
    Purpose.NOTICE: timedelta(hours=24),
}


def before_sending(row: Outgoing, wall: datetime) -> Outcome | None:
    """Why a message that was just claimed must not be sent, if so.

    It may have been sent by a process that was killed before it could write that down, or be a code
    that is of no use any more.
    """
    if row.doubts and (row.purpose is Purpose.CODE or row.doubts >= MOST_DOUBTS):
        return Outcome(row, State.UNKNOWN, "sent or not: the process ended")
    if row.purpose is Purpose.CODE and wall - row.queued_at >= GIVE_UP[Purpose.CODE]:
        return failed(row, "expired")
    return None


def window_shut(
    row: Outgoing, recipient: Recipient | None, window: timedelta | None, now: datetime
) -> Outcome | None:
    """Why a message must not be sent to a chat whose customer has not written for too long for its channel,
    if so: what must arrive can then go by another way at once, instead of being refused outside."""
    heard_at = recipient.heard_at if recipient and row.target is None else None
    if window is None or heard_at is None or now - heard_at <= window:
        return None
    return failed(row, WINDOW_SHUT)


def sent(row: Outgoing, outside_id: str | None) -> Outcome:
    """It was delivered, under this id outside."""
    return Outcome(row, State.SENT, outside_id=outside_id)


def failed(row: Outgoing, reason: str) -> Outcome:
    """It will never be delivered; the lane goes on."""
    return Outcome(row, State.FAILED, reason)


def put_back(row: Outgoing, wall: datetime, seconds: float) -> Outcome:
    """It was not tried: its turn comes in so many seconds."""
    return Outcome(row, State.QUEUED, not_before=wall + timedelta(seconds=seconds))


def after_error(row: Outgoing, error: Exception, wall: datetime) -> Outcome:
    """What follows from an error of an outlet. One that is no DeliveryError is a bug of the outlet: it
    is tried again like Later, and only its type is kept, as its words may tell anything."""
    reason = str(error) if isinstance(error, DeliveryError) else type(error).__name__
    match error:
        case Blocked():
            return Outcome(row, State.FAILED, reason, blocked=True, tried=True)
        case Refused():
            return Outcome(row, State.FAILED, reason, tried=True)
        case Moved(to=to) if row.target is None:
            # At once; but two addresses that point at each other must not spin.
            wait = 0 if row.attempts == 0 else backoff(row.attempts)
            return _again(row, wait, wall, reason, moved=to)
        case Unsure() if row.purpose is Purpose.CODE or row.doubts + 1 >= MOST_DOUBTS:
            return Outcome(row, State.UNKNOWN, reason, tried=True, doubted=True)
        case Unsure():
            return _again(row, backoff(row.attempts), wall, reason, doubted=True)
        case Later(after=float() | int() as after):
            return _again(row, min(after, LONGEST_PAUSE), wall, reason)
        case _:
            return _again(row, backoff(row.attempts), wall, reason)


def backoff(attempts: int) -> float:
    """Seconds until the next attempt after ``attempts`` earlier ones: full jitter, so that what failed
    together does not come back together."""
    return random.uniform(0, min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(attempts, 30)))


def _again(
    row: Outgoing,
    wait: float,
    wall: datetime,
    reason: str,
    *,
    moved: Address | None = None,
    doubted: bool = False,
) -> Outcome:
    at = wall + timedelta(seconds=wait)
    if at - row.queued_at >= GIVE_UP[row.purpose]:
        return Outcome(row, State.FAILED, f"given up: {reason}", tried=True)
    return Outcome(row, State.QUEUED, reason, not_before=at, tried=True, moved=moved, doubted=doubted)
