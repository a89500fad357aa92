"""What kind of file begins with these bytes: only the kinds that are taken as proof.

The signatures are those of the formats' own specifications. The libraries for this were measured and fall
short of this list: ``filetype`` knows neither 3GP nor fragmented MP4, ``puremagic`` takes any OLE file for
Word and misses HEIC as iPhones write it.
"""

from __future__ import annotations

import codecs
import re
from enum import StrEnum


class Kind(StrEnum):
    """A kind of file that is taken, by its MIME type. Stored, so never renamed."""

    JPEG = "image/jpeg"
    PNG = "image/png"
    WEBP = "image/webp"
    HEIC = "image/heic"
    GIF = "image/gif"
    PDF = "application/pdf"
    DOC = "application/msword"
    DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    TEXT = "text/plain"
    OGG = "audio/ogg"
    MP3 = "audio/mpeg"
    M4A = "audio/mp4"
    WAV = "audio/wav"
    MP4 = "video/mp4"
    WEBM = "video/webm"
    MOV = "video/quicktime"
    THREE_GP = "video/3gpp"


HEAD = 64 * 1024
"""Bytes that decide."""

_BEGINNINGS = {
    Kind.JPEG: rb"\xff\xd8\xff",
    Kind.PNG: rb"\x89PNG\r\n\x1a\n",
    Kind.GIF: rb"GIF8[79]a",
    Kind.WEBP: rb"RIFF....WEBPVP8[ LX]",
    Kind.WAV: rb"RIFF....WAVE",
    Kind.PDF: rb"%PDF-\d",
    Kind.OGG: rb"OggS\0",
    # An ID3v2 tag, or the header of a frame of MPEG layer III with a possible bit rate.
    Kind.MP3: rb"ID3[\x02-\x04]|\xff[\xe2\xe3\xf2\xf3\xfa\xfb][\x10-\xef]",
    Kind.WEBM: rb"\x1aE\xdf\xa3.{0,100}?\x42\x82.{1,8}?webm",
    # These two are containers: what is in them decides (``inspection.py``).
    Kind.DOCX: rb"PK\x03\x04",
    Kind.DOC: rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
}
_SIGNATURES = [(kind, re.compile(beginning, re.DOTALL)) for kind, beginning in _BEGINNINGS.items()]

_FTYP = re.compile(rb"\0\0..ftyp(?P<brand>....)", re.DOTALL)
_BRANDS = {
    # ISO/IEC 23008-12, 14496-12 and -14, 3GPP TS 26.244, Apple's QuickTime File Format
    Kind.HEIC: re.compile(rb"hei[cxms]|hev[cxms]"),
    Kind.M4A: re.compile(rb"M4[AB] "),
    Kind.MOV: re.compile(rb"qt  "),
    Kind.THREE_GP: re.compile(rb"3g[p2]."),
    Kind.MP4: re.compile(rb"iso[m2-9]|mp4[12]|avc1|dash|M4V.|MSNV"),
}
_SEVERAL = (b"mif1", b"msf1")
"""Brands that HEIC shares with other kinds of image: the compatible brands tell."""

_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f]")
# What browsers take for markup (https://mimesniff.spec.whatwg.org/#identifying-a-resource-with-an-unknown-mime-type),
# SVG, and programs, RTF and PostScript, which are all written in letters.
_NO_PLAIN_TEXT = re.compile(
    r"\s*<(?:[!?]|(?:html|head|script|iframe|h1|div|font|table|a|style|title|b|body|br|p|svg)[\s/>])"
    r"|#!|@echo\b|\{\\rtf|%!PS|X5O!P%@AP",
    re.IGNORECASE,
)


def kind_of(head: bytes) -> Kind | None:
    """The kind of a file by its first HEAD bytes; None where it is none that is taken."""
    for kind, signature in _SIGNATURES:
        if signature.match(head):
            return kind
    if found := _FTYP.match(head):
        return _by_brand(found["brand"], head[16 : int.from_bytes(head[:4], "big")])
    return Kind.TEXT if _is_plain_text(head) else None


def _by_brand(brand: bytes, compatible: bytes) -> Kind | None:
    brands = [compatible[at : at + 4] for at in range(0, len(compatible), 4)]
    if brand in _SEVERAL:
        return Kind.HEIC if any(_BRANDS[Kind.HEIC].fullmatch(one) for one in brands) else None
    return next((kind for kind, pattern in _BRANDS.items() if pattern.fullmatch(brand)), None)


def _is_plain_text(head: bytes) -> bool:
    """Whether it is UTF-8, or UTF-16 with a mark, without control characters."""
    wide = head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    decoder = codecs.getincrementaldecoder("utf-16" if wide else "utf-8-sig")()
    try:
        text = decoder.decode(head, final=len(head) < HEAD)
    except UnicodeDecodeError:
        return False
    return bool(text) and not _CONTROL.search(text) and not _NO_PLAIN_TEXT.match(text)
