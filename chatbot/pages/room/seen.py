"""What somebody had before their eyes when they said yes."""

from __future__ import annotations

from hashlib import sha256
from hmac import compare_digest

from models.case import Case


def fingerprint(case: Case) -> str:
    """Names the very proposal that waits in a case; empty where none does."""
    return sha256(case.proposal).hexdigest() if case.proposal else ""


def is_same(case: Case, sent: str) -> bool:
    """Whether the proposal is still the one that was shown."""
    return compare_digest(fingerprint(case).encode(), sent.encode())
