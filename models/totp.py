"""Codes of an authenticator app: time-based one-time passwords, RFC 6238 (six digits, 30 seconds)."""

from __future__ import annotations

import hmac
from datetime import datetime, timedelta
from unicodedata import normalize

import pyotp

STEP = timedelta(seconds=30)
DRIFT = 1
"""By how many steps the clock of a telephone may be off either way (RFC 6238, section 5.2)."""


def new_secret() -> str:
    """A fresh secret of 160 bits, in Base32, as it is typed into an app."""
    return pyotp.random_base32()


def app_address(secret: str, login: str, issuer: str) -> str:
    """The ``otpauth://`` address that an app reads from a QR code; it holds the secret."""
    return pyotp.TOTP(secret).provisioning_uri(name=login, issuer_name=issuer)


def step_of(secret: str, typed: str, wall: datetime) -> int | None:
    """The number of the 30-second step that a typed code belongs to, or None where it is none of the
    present one and its neighbours. The caller sees to it that no step counts twice."""
    code = "".join(normalize("NFKC", typed).split()).encode()
    now = int(wall.timestamp() // STEP.total_seconds())
    totp, found = pyotp.TOTP(secret), None
    for step in range(now - DRIFT, now + DRIFT + 1):
        if hmac.compare_digest(totp.generate_otp(step).encode(), code):
            found = step
    return found
