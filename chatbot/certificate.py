"""Certificates and receipts: codes that can be checked when everything else is gone, by the key ring alone.

    9 bytes of what it says, 16 bytes of signature -> 40 characters of Crockford's base32: XXXXX-XXXXX-...

Whoever has a code can read it, so there is nothing personal in it. The signature is keyed and no public one:
a certificate is checked by the shop that gave it, and a public signature would be too long to be typed or
read out over the telephone.
"""

from __future__ import annotations

import base64
import hmac
import re
import struct
from dataclasses import dataclass
from datetime import date, timedelta
from enum import IntEnum

from chatbot.crypto import KeyRing
from chatbot.folding import fold


class Certified(IntEnum):
    """What is certified. The numbers stand in codes that customers hold in hand, so never changed."""

    ERASED = 1
    """Personal data was erased because its customer asked for it."""
    EXPIRED = 2
    """Personal data was erased because the time for which it is kept had ended."""
    COMPLAINT = 3
    """A complaint was received."""
    REQUEST = 4
    """A data subject request was received."""


class Elsewhere(IntEnum):
    """How an erasure stood in the shop's other systems when it was certified. Never changed either."""

    NOWHERE = 0
    """There was none to be told; so it is for receipts."""
    OPEN = 1
    """They were told, and it was not done in all of them yet."""


LONGEST = 5000
"""Characters that are looked at: whoever copies a code out of a chat copies the whole message."""

_CONTENT = struct.Struct(">BHHI")
"""Kind and ``Elsewhere``, half a byte each; days from ``_ZERO``, the second 0 where there is none; year from
2000 in one byte and the number in three, or 0."""
_ZERO = date(2000, 1, 1)
_GROUP = 5
_AS_GIVEN = re.compile(r"(?<![0-9A-Z])(?:[0-9A-Z]{5}-){7}[0-9A-Z]{5}(?![0-9A-Z])", re.ASCII | re.IGNORECASE)

_RFC_4648 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_WRITTEN = str.maketrans(_RFC_4648, _CROCKFORD)
# O is read as 0, I and L as 1 (https://www.crockford.com/base32.html). U is none of the letters.
_READ = str.maketrans(f"{_CROCKFORD.lower()}oil", f"{_RFC_4648}ABB")


@dataclass(frozen=True, slots=True)
class Certificate:
    """What a code says.

    ``number`` is year and number in the register of requests, or of a complaint; None where nothing was
    entered. ``on`` is the day of the erasure or of the receipt, ``until`` the day that was promised. Days lie
    between 2000 and 2179, numbers below 2**24.
    """

    kind: Certified
    number: tuple[int, int] | None
    on: date
    until: date | None = None
    elsewhere: Elsewhere = Elsewhere.NOWHERE

    def code(self, ring: KeyRing) -> str:
        """It as it is given to the customer. The same certificate has the same code at any time."""
        year, number = self.number or (2000, 0)
        content = _CONTENT.pack(
            self.kind << 4 | self.elsewhere,
            (self.on - _ZERO).days,
            (self.until - _ZERO).days if self.until else 0,
            (year - 2000) << 24 | number,
        )
        code = base64.b32encode(content + ring.signature(content)).decode().translate(_WRITTEN)
        return "-".join(code[at : at + _GROUP] for at in range(0, len(code), _GROUP))

    @classmethod
    def read(cls, typed: str, ring: KeyRing) -> Certificate | None:
        """What a code says however it is typed, or as it stands within other words; None where it was not
        given under this ring."""
        if len(typed) > LONGEST:
            return None
        found = _AS_GIVEN.search(typed)
        try:
            signed = base64.b32decode("".join(fold(found[0] if found else typed).split()).translate(_READ))
            content, signature = signed[: _CONTENT.size], signed[_CONTENT.size :]
            if not hmac.compare_digest(signature, ring.signature(content)):
                return None
            what, on, until, number = _CONTENT.unpack(content)
            kind, elsewhere = Certified(what >> 4), Elsewhere(what & 0xF)
        except ValueError:  # no such code, or one of a later release
            return None
        return cls(
            kind,
            (2000 + (number >> 24), number & 0xFFFFFF) if number else None,
            _ZERO + timedelta(days=on),
            _ZERO + timedelta(days=until) if until else None,
            elsewhere,
        )
