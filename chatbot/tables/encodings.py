"""Which encoding a text file is in, of those that Excel and Vietnamese programs write.

A statistical guess would not do: every file is also valid in some 8-bit encoding, and a wrong guess
would be stored. So each one is tried strictly, over the whole file, before a row is read.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from pathlib import Path

from chatbot.tables.nouns import TableError

_CHUNK = 1 << 20
_SAMPLE = 4096
_BOMS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


def encoding_of(path: Path) -> str:
    """``utf-8``, ``utf-8-sig``, ``utf-16``, ``utf-16-le``, ``utf-16-be`` or ``cp1258``.

    Raises TableError where the file is none of them throughout.
    """
    with path.open("rb") as file:
        sample = file.read(_SAMPLE)
    encoding = next((name for bom, name in _BOMS.items() if sample.startswith(bom)), None)
    encoding = encoding or _utf16_without_bom(sample) or "utf-8"
    line = _first_broken_line(path, encoding)
    if line is None:
        return encoding
    if encoding == "utf-8" and _looks_eight_bit(path):
        if _first_broken_line(path, "cp1258") is None:
            return "cp1258"
        raise TableError("the encoding is neither UTF-8 nor UTF-16 nor Windows-1258: save it as CSV UTF-8")
    name = "UTF-16" if encoding.startswith("utf-16") else "UTF-8"
    raise TableError(f"the encoding is broken: line {line} is not valid {name}")


def _utf16_without_bom(sample: bytes) -> str | None:
    """Digits and commas have a zero byte in UTF-16, always on the same side."""
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    if min(even, odd) * 10 > max(even, odd) or max(even, odd) * 5 < len(sample) // 2:
        return None
    return "utf-16-le" if odd > even else "utf-16-be"


def _first_broken_line(path: Path, encoding: str) -> int | None:
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    lines = 1
    for chunk, last in _chunks(path):
        try:
            lines += decoder.decode(chunk, last).count("\n")
        except UnicodeDecodeError as error:
            return lines + bytes(error.object[: error.start]).count(b"\n")
    return None


def _looks_eight_bit(path: Path) -> bool:
    """Whether the bytes beyond ASCII are mostly no UTF-8: in a UTF-8 file with a broken byte they
    mostly are, in Vietnamese Windows-1258 text almost never."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    good = bad = 0
    for chunk, last in _chunks(path):
        text = decoder.decode(chunk, last)
        broken = text.count("\ufffd")
        good += sum(not character.isascii() for character in text) - broken
        bad += broken
    return bad > good


def _chunks(path: Path) -> Iterator[tuple[bytes, bool]]:
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk, False
    yield b"", True
