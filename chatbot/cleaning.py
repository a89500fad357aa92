"""What clipboards, phones and spreadsheets leave around a value, and how it is taken away."""

from __future__ import annotations

import re
import unicodedata

_INVISIBLE = (
    "\u00ad\u034f\u061c\u180e\ufeff"
    + "".join(map(chr, range(0x200B, 0x2010)))
    + "".join(map(chr, range(0x202A, 0x202F)))
    + "".join(map(chr, range(0x2060, 0x206A)))
)
"""Zero-width and direction marks: they come along when a number or a name is copied from a page."""

_DROP_INVISIBLE = dict.fromkeys(map(ord, _INVISIBLE))

_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: " "}
"""Full-width forms (U+FF01 to U+FF5E), as East Asian keyboards write them, to ASCII."""

_DASHES = dict.fromkeys(map(ord, "‐‑‒–—―−"), "-")

_TO_ASCII = {**_DROP_INVISIBLE, **_FULL_WIDTH, **_DASHES}

_EXCEL_TEXT = re.compile(r'=\s*"([^"]*)"')
"""``="0900000001"``: how a CSV makes Excel keep a leading zero."""

_APOSTROPHES = "'’‘`"


def is_blank(text: str) -> bool:
    """Whether nothing can be seen in it: empty, blanks of any kind, or only zero-width marks."""
    return not text or text.isspace() or not visible(text)


def visible(text: str) -> str:
    """The text without zero-width and direction marks and without blanks around it."""
    return text.strip() if text.isascii() else text.translate(_DROP_INVISIBLE).strip()


def one_line(text: str) -> str:
    """The text composed (NFC), without invisible marks, every run of blanks and line breaks one blank."""
    return " ".join(unicodedata.normalize("NFC", visible(text)).split())


def ascii_forms(text: str) -> str:
    """The text with full-width digits and signs and the typographer's dashes as ASCII, without
    invisible marks, and without what Excel puts around a value that must stay text."""
    if not text.isascii():
        text = unicodedata.normalize("NFC", text.translate(_TO_ASCII))
    text = text.strip().lstrip(_APOSTROPHES).strip()
    if text.startswith("=") and (wrapped := _EXCEL_TEXT.fullmatch(text)):
        return wrapped[1].strip().lstrip(_APOSTROPHES).strip()
    return text
