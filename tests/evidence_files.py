"""Small real files of each kind, as customers send them, and some that nobody should take."""

from __future__ import annotations

import io
import struct
import wave
import zipfile
from collections.abc import AsyncIterator, Mapping

from PIL import Image

from chatbot.signatures import Kind


def image(format: str, size: tuple[int, int] = (40, 30)) -> bytes:
    """A picture as Pillow writes it."""
    file = io.BytesIO()
    Image.new("RGB", size, "teal").save(file, format)
    return file.getvalue()


def heic(width: int = 40, height: int = 30) -> bytes:
    """The same container as AVIF, under the brand of HEIC."""
    ispe = b"ispe" + bytes(4) + struct.pack(">LL", 40, 30)
    plain = image("AVIF").replace(b"ftypavif", b"ftypheic", 1)
    return plain.replace(ispe, b"ispe" + bytes(4) + struct.pack(">LL", width, height))


def png(width: int, height: int) -> bytes:
    """A picture that says it is as large as that."""
    return image("PNG").replace(struct.pack(">LL", 40, 30), struct.pack(">LL", width, height), 1)


def docx(*more: str, main: str = "word/document.xml") -> bytes:
    """A Word document, with more parts where they are asked for."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as package:
        for name in ("[Content_Types].xml", "_rels/.rels", main, *more):
            package.writestr(name, "<?xml version='1.0'?><x/>")
    return file.getvalue()


def docx_bomb(size: int) -> bytes:
    """A Word document that says one of its parts unpacks to so many bytes."""
    plain = docx("word/media/image1.png")
    at = plain.rindex(b"PK\x01\x02")
    return plain[: at + 24] + struct.pack("<L", size) + plain[at + 28 :]


def docx_of_entries(count: int) -> bytes:
    """A Word document of very many empty parts."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as package:
        for name in ("[Content_Types].xml", "word/document.xml", *(f"word/{one}" for one in range(count))):
            package.writestr(name, "")
    return file.getvalue()


def ole(*names: str) -> bytes:
    """An OLE file (MS-CFB) with empty storages of these names."""
    free, end, fat_sector = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
    header = struct.pack(
        "<8s16xHHHHH6xLLLLLLLLLL",
        *(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 0x3E, 3, 0xFFFE, 9, 6),
        *(0, 1, 1, 0, 4096, end, 0, end, 0, 0),
    )
    header += struct.pack("<108L", *[free] * 108)
    fat = struct.pack("<128L", fat_sector, end, *[free] * 126)
    entries = [_entry("Root Entry", 5, child=1 if names else free)]
    entries += [
        _entry(name, 1, right=at + 1 if at < len(names) else free) for at, name in enumerate(names, start=1)
    ]
    directory = b"".join(entries).ljust(512, b"\0")
    return header + fat + directory


def _entry(name: str, kind: int, right: int = 0xFFFFFFFF, child: int = 0xFFFFFFFF) -> bytes:
    written = (name + "\0").encode("utf-16-le")
    left, start = 0xFFFFFFFF, 0xFFFFFFFE
    return struct.pack("<64sHBBLLL36xLQ", written, len(written), kind, 1, left, right, child, start, 0)


def wav() -> bytes:
    """A moment of silence."""
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(bytes(800))
    return file.getvalue()


def iso(brand: bytes, *compatible: bytes) -> bytes:
    """The beginning of a file of the MP4 family."""
    box = b"ftyp" + brand + bytes(4) + b"".join(compatible)
    return struct.pack(">L", len(box) + 4) + box + struct.pack(">L", 108) + b"mdat" + bytes(100)


WEBM = bytes.fromhex("1a45dfa3 9f 42868101 42f78101 42f28104 42f38108 4282 84") + b"webm" + bytes(100)
MATROSKA = WEBM.replace(b"\x84webm", b"\x88matroska")
PDF = b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"

TAKEN: Mapping[str, tuple[bytes, Kind]] = {
    "jpeg": (image("JPEG"), Kind.JPEG),
    "png": (image("PNG"), Kind.PNG),
    "webp": (image("WEBP"), Kind.WEBP),
    "gif": (image("GIF"), Kind.GIF),
    "heic": (heic(), Kind.HEIC),
    "heic of an iPhone": (heic().replace(b"ftypheic", b"ftypmif1", 1).replace(b"avif", b"heic"), Kind.HEIC),
    "pdf": (PDF, Kind.PDF),
    "docx": (docx(), Kind.DOCX),
    "docx of SharePoint": (docx(main="word/document2.xml"), Kind.DOCX),
    "doc": (ole("WordDocument"), Kind.DOC),
    "text": ("Họ gọi tôi ngày 20/11.\r\n\tSố lạ.".encode(), Kind.TEXT),
    "text with a mark": (b"\xef\xbb\xbf" + "chào".encode(), Kind.TEXT),
    "text of Notepad": ("Họ gọi tôi".encode("utf-16"), Kind.TEXT),
    "long text": (("ệ" * 60_000).encode(), Kind.TEXT),
    "a forwarded e-mail": (b"From: <shop@example.com>\nSubject: promotion\n\n<html>buy</html>", Kind.TEXT),
    "ogg": (b"OggS\0\x02" + bytes(22) + b"\x01\x13OpusHead", Kind.OGG),
    "mp3 with a tag": (b"ID3\x04\0\0" + bytes(100), Kind.MP3),
    "mp3": (b"\xff\xfb\x90\x64" + bytes(400), Kind.MP3),
    "m4a": (iso(b"M4A ", b"M4A ", b"isom"), Kind.M4A),
    "wav": (wav(), Kind.WAV),
    "mp4": (iso(b"isom", b"isom", b"avc1"), Kind.MP4),
    "mp4 in fragments": (iso(b"iso5", b"dash"), Kind.MP4),
    "webm": (WEBM, Kind.WEBM),
    "mov": (iso(b"qt  ", b"qt  "), Kind.MOV),
    "3gp": (iso(b"3gp4", b"3gp4"), Kind.THREE_GP),
}

REFUSED: Mapping[str, bytes] = {
    "program for Windows": b"MZ\x90\0" + bytes(100),
    "program for Linux": b"\x7fELF" + bytes(100),
    "shell script": b"#!/bin/sh\nrm -rf /",
    "batch file": b"@echo off\r\nformat c:",
    "EICAR": EICAR,
    "HTML": b"<!DOCTYPE html><script>alert(1)</script>",
    "HTML after blanks": b"\n\n  <ScRiPt>alert(1)</script>",
    "SVG": b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
    "XML": b"<?xml version='1.0'?><svg/>",
    "RTF": b"{\\rtf1 {\\object}}",
    "PHP": b"<?php system($_GET[0]);",
    "PostScript": b"%!PS-Adobe-3.0",
    "ZIP": docx("evil.exe", main="readme.txt"),
    "spreadsheet": docx(main="xl/workbook.xml"),
    "Word with macros": docx("word/vbaProject.bin"),
    "cut ZIP": docx()[:-30],
    "old Word with macros": ole("Macros", "WordDocument"),
    "old spreadsheet": ole("Workbook"),
    "cut OLE": ole("WordDocument")[:600],
    "7z": b"7z\xbc\xaf\x27\x1c" + bytes(100),
    "RAR": b"Rar!\x1a\x07\0" + bytes(100),
    "gzip": b"\x1f\x8b\x08" + bytes(100),
    "TIFF": image("TIFF"),
    "BMP": image("BMP"),
    "AVIF": image("AVIF"),
    "Matroska": MATROSKA,
    "AVI": b"RIFF\x10\0\0\0AVI LIST" + bytes(100),
    "a brand nobody knows": iso(b"abcd"),
    "a picture without a size": b"\xff\xd8\xff\xe0\0\x10JFIF\0" + bytes(100),
    "bytes": bytes(range(256)) * 4,
    "zeros": bytes(5000),
    "letters of another encoding": "Họ gọi tôi".encode("cp1258", "replace") + b"\xd2",
}


async def in_pieces(content: bytes, size: int = 1000) -> AsyncIterator[bytes]:
    """A file as it comes in."""
    for start in range(0, len(content), size):
        yield content[start : start + size]
