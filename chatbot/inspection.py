"""Looks into a file that somebody sent: what it is by its content, whether it is safe to keep, and a name
that is safe to show. Nothing is decoded or unpacked.
"""

from __future__ import annotations

import asyncio
import re
import zipfile
from collections.abc import AsyncIterator
from io import BytesIO
from typing import BinaryIO
from unicodedata import category, normalize

import imagesize
import olefile

from chatbot.signatures import HEAD, Kind, kind_of
from models.evidence import LARGEST, Refusal

MOST_PIXELS = 60_000_000
"""No telephone's camera writes more into one picture by itself."""
MOST_UNPACKED = 200 * 1024 * 1024
"""Bytes that a Word document may say it unpacks to; 20 MB of text and pictures stay well below."""
LONGEST_NAME = 100
"""Characters of a name that is shown."""

_MOST_DIRECTORY = 1024 * 1024
"""Bytes of a ZIP file's list of contents: some ten thousand entries."""
_MAIN_PART = re.compile(r"word/document\d*\.xml")

_IMAGES = frozenset({Kind.JPEG, Kind.PNG, Kind.WEBP, Kind.HEIC, Kind.GIF})

_SUFFIXES = {
    Kind.JPEG: ("jpg", "jpeg", "jfif"),
    Kind.PNG: ("png",),
    Kind.WEBP: ("webp",),
    Kind.HEIC: ("heic", "heif"),
    Kind.GIF: ("gif",),
    Kind.PDF: ("pdf",),
    Kind.DOC: ("doc", "dot"),
    Kind.DOCX: ("docx",),
    Kind.TEXT: ("txt", "csv", "log", "eml"),
    Kind.OGG: ("ogg", "oga", "opus"),
    Kind.MP3: ("mp3",),
    Kind.M4A: ("m4a",),
    Kind.WAV: ("wav",),
    Kind.MP4: ("mp4", "m4v", "m4a"),
    Kind.WEBM: ("webm",),
    Kind.MOV: ("mov", "qt"),
    Kind.THREE_GP: ("3gp", "3g2", "3gpp", "3ga"),
}


class NotTaken(Exception):
    """A file is not taken, and why."""

    def __init__(self, why: Refusal) -> None:
        super().__init__(why.value)
        self.why = why


class Inspection:
    """The look at one file, which begins while the file comes in: first ``passed``, then ``finish``."""

    def __init__(self) -> None:
        self.kind: Kind | None = None

    async def passed(self, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """Hand a file on as it comes in. Raises NotTaken as soon as it is known to be of no kind that is
        taken, or empty."""
        head = bytearray()
        async for chunk in chunks:
            if self.kind is None:
                head += chunk
                if len(head) >= HEAD:
                    self._recognise(bytes(head[:HEAD]))
            yield chunk
        if self.kind is None:
            self._recognise(bytes(head))

    def _recognise(self, head: bytes) -> None:
        if not head:
            raise NotTaken(Refusal.EMPTY)
        self.kind = kind_of(head)
        if self.kind is None:
            raise NotTaken(Refusal.KIND)

    def finish(self, file: BinaryIO) -> Kind:
        """Look into the whole file, where its beginning does not say all. Raises NotTaken."""
        kind = self.kind
        try:
            if kind in _IMAGES:
                _image(file)
            elif kind is Kind.DOCX:
                _docx(file)
            elif kind is Kind.DOC:
                _doc(file)
        except NotTaken:
            raise
        except Exception:  # whatever a parser stumbles over, the file is not what it says it is
            raise NotTaken(Refusal.KIND) from None
        if kind is None:
            raise NotTaken(Refusal.KIND)
        return kind


async def looked_into(chunks: AsyncIterator[bytes]) -> tuple[Kind, bytes]:
    """A whole file and what it is, where nothing is to be kept of it: in memory, up to LARGEST. Raises
    NotTaken and whatever ``chunks`` raises."""
    inspection, whole = Inspection(), bytearray()
    async for chunk in inspection.passed(chunks):
        whole += chunk
        if len(whole) > LARGEST:
            raise NotTaken(Refusal.TOO_LARGE)
    return await asyncio.to_thread(inspection.finish, BytesIO(whole)), bytes(whole)


def _image(file: BinaryIO) -> None:
    width, height = imagesize.get(file, exif_rotation=False)
    if width <= 0 or height <= 0:
        raise NotTaken(Refusal.KIND)
    if width * height > MOST_PIXELS:
        raise NotTaken(Refusal.BOMB)


class _Sparing:
    """A file of which no large piece is read at once: a ZIP file's list of contents is read whole."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.seek, self.tell = file.seek, file.tell

    def read(self, size: int = -1) -> bytes:
        if size > _MOST_DIRECTORY:
            raise NotTaken(Refusal.BOMB)
        return self._file.read(size)


def _docx(file: BinaryIO) -> None:
    """A ZIP file with a Word document in it, without macros."""
    with zipfile.ZipFile(_Sparing(file)) as package:
        entries = package.infolist()
    names = [entry.filename for entry in entries]
    if "[Content_Types].xml" not in names or not any(map(_MAIN_PART.fullmatch, names)):
        raise NotTaken(Refusal.KIND)
    if any(name.endswith("vbaProject.bin") for name in names):
        raise NotTaken(Refusal.KIND)
    if sum(entry.file_size for entry in entries) > MOST_UNPACKED:
        raise NotTaken(Refusal.BOMB)


def _doc(file: BinaryIO) -> None:
    """An OLE file with a Word document in it, without macros."""
    with olefile.OleFileIO(file) as package:
        if not package.exists("WordDocument") or package.exists("Macros"):
            raise NotTaken(Refusal.KIND)


def display_name(name: str, kind: Kind | None = None) -> str:
    """A file's name that is safe to show and to save under: without a folder, without characters that
    are invisible or turn the direction of writing, not too long, and where the kind is known with an
    ending that says it ("invoice.exe" that is a photo becomes "invoice.exe.jpg")."""
    base = re.split(r"[/\\]", normalize("NFC", name))[-1]
    visible = "".join(one for one in base if one.isspace() or category(one)[0] != "C")
    clean = " ".join(re.sub(r'[<>:"|?*]', "_", visible).split()).lstrip(". ") or "file"
    stem, dot, ending = clean.rpartition(".")
    if kind and (not dot or ending.casefold() not in _SUFFIXES[kind]):
        stem, ending = clean, _SUFFIXES[kind][0]
    elif not dot or len(ending) > 10:
        stem, ending = clean, ""
    tail = f".{ending}" if ending else ""
    return f"{stem[: LONGEST_NAME - len(tail)].rstrip('. ')}{tail}"
