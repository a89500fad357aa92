"""The package as one ZIP file, written piece by piece: never whole in memory, nor in the clear on disk."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from chatbot.clock import ZONE

Piece = AsyncIterator[bytes]


class _Sink:
    """What the ZIP writer writes into: it cannot seek, and is emptied after each piece."""

    def __init__(self) -> None:
        self._waiting = bytearray()

    def write(self, data: bytes) -> int:
        self._waiting += data
        return len(data)

    def flush(self) -> None:
        """Nothing to do: what was written waits to be taken."""

    def take(self) -> bytes:
        """What was written since the last time."""
        taken = bytes(self._waiting)
        self._waiting.clear()
        return taken


async def zipped(
    small: Sequence[tuple[str, bytes]], large: Sequence[tuple[str, Callable[[], Piece]]], at: datetime
) -> AsyncIterator[bytes]:
    """A ZIP file in pieces: small files, compressed, then large ones as they are (pictures and documents are
    compressed already). Raises whatever reading a large one raises."""
    sink = _Sink()
    with ZipFile(sink, "w") as archive:  # type: ignore[call-overload]  # needs only write and flush
        for name, content in small:
            await asyncio.to_thread(archive.writestr, _named(name, at, ZIP_DEFLATED), content)
            yield sink.take()
        for name, read in large:
            with archive.open(_named(name, at, ZIP_STORED), "w") as entry:
                async for piece in read():
                    entry.write(piece)
                    yield sink.take()
    yield sink.take()


def _named(name: str, at: datetime, way: int) -> ZipInfo:
    info = ZipInfo(name, at.astimezone(ZONE).timetuple()[:6])
    info.compress_type = way
    info.external_attr = 0o600 << 16
    return info
