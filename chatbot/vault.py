"""Sealed files in a folder: each under the key of its subject, never in the clear on disk."""

from __future__ import annotations

import asyncio
import hashlib
import os
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import BufferedReader
from pathlib import Path
from uuid import UUID

from chatbot.crypto import UnsealedFile, seal_stream, unseal_stream

ORPHANED = timedelta(hours=1)
"""How old a file without a row of its own must be until it is removed: it may be about to get one."""

_PIECE = 256 * 1024
_IDS = 500
_SEALED, _PARTIAL = ".sealed", ".part"


class Oversize(Exception):
    """A file is larger than may be kept."""


@dataclass(frozen=True, slots=True)
class SealedFile:
    """A file that is sealed and on disk, but not yet under its own name. ``size`` and ``sha256`` are of
    the plain bytes."""

    path: Path
    identity: UUID
    size: int
    sha256: str

    def discard(self) -> None:
        """Remove it, where it was not published."""
        self.path.unlink(missing_ok=True)


class Vault:
    """A folder of sealed files by their ids. ``kind`` names what they are, and is bound into the seal: a
    file of another vault does not open in this one."""

    def __init__(self, folder: Path, kind: str) -> None:
        self._folder = folder
        self._kind = kind
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    async def write(
        self, key: bytes, identity: UUID, plain: AsyncIterator[bytes], largest: int
    ) -> SealedFile:
        """Seal a file as it comes in, at most ``largest`` bytes, and flush it to disk. Raises Oversize and
        whatever ``plain`` raises; then nothing is left behind."""
        digest, size = hashlib.sha256(), 0

        async def counted() -> AsyncIterator[bytes]:
            nonlocal size
            async for chunk in plain:
                size += len(chunk)
                if size > largest:
                    raise Oversize
                digest.update(chunk)
                yield chunk

        path = self._folder / f"{identity}.{secrets.token_hex(4)}{_PARTIAL}"
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "wb") as file:
                async for sealed in seal_stream(key, counted(), self._place(identity)):
                    await asyncio.to_thread(file.write, sealed)
                file.flush()
                await asyncio.to_thread(os.fsync, file.fileno())
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        return SealedFile(path, identity, size, digest.hexdigest())

    async def publish(self, written: SealedFile) -> None:
        """Give a file its own name, for good: also after a power cut."""
        os.replace(written.path, self._path(written.identity))
        await asyncio.to_thread(_flush_folder, self._folder)

    @contextmanager
    def look_into(self, key: bytes, written: SealedFile) -> Iterator[BufferedReader]:
        """A file that is not yet published, to be read from any place. Reading raises SealBroken."""
        with open(written.path, "rb") as sealed:
            yield BufferedReader(UnsealedFile(key, sealed, self._place(written.identity)), _PIECE)

    async def read(self, key: bytes, identity: UUID) -> AsyncIterator[bytes]:
        """The plain bytes of a file, in pieces. Raises FileNotFoundError and SealBroken."""
        sealed = _pieces(self._path(identity))
        async for piece in unseal_stream(key, sealed, self._place(identity)):
            yield piece

    def remove(self, identity: UUID) -> None:
        """Remove a file, if it is there."""
        self._path(identity).unlink(missing_ok=True)

    async def remove_orphans(
        self, wall: datetime, kept: Callable[[Sequence[UUID]], Awaitable[set[UUID]]]
    ) -> int:
        """Remove files that belong to no row: a process died before its commit, or the row has gone; how
        many. ``kept`` gives those of some ids that have a row."""
        before = (wall - ORPHANED).timestamp()
        partial, published = await asyncio.to_thread(self._older_than, before)
        orphans: list[UUID] = []
        for start in range(0, len(published), _IDS):
            ids = published[start : start + _IDS]
            known = await kept(ids)
            orphans += [identity for identity in ids if identity not in known]
        for path in partial:
            path.unlink(missing_ok=True)
        for identity in orphans:
            self.remove(identity)
        return len(partial) + len(orphans)

    def _older_than(self, timestamp: float) -> tuple[list[Path], list[UUID]]:
        """What was last written before an instant (seconds since 1970): unpublished files, and the ids of
        published ones."""
        partial, published = [], []
        with os.scandir(self._folder) as entries:
            for entry in entries:
                with suppress(FileNotFoundError):  # published or discarded in this instant
                    if entry.stat().st_mtime >= timestamp:
                        continue
                if entry.name.endswith(_PARTIAL):
                    partial.append(Path(entry.path))
                elif entry.name.endswith(_SEALED):
                    published.append(UUID(entry.name.removesuffix(_SEALED)))
        return partial, published

    def _path(self, identity: UUID) -> Path:
        return self._folder / f"{identity}{_SEALED}"

    def _place(self, identity: UUID) -> str:
        return f"{self._kind}:{identity}"


def _flush_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


async def _pieces(path: Path) -> AsyncIterator[bytes]:
    with open(path, "rb") as file:  # noqa: ASYNC230  # opening is quick; the reads are not done here
        while piece := await asyncio.to_thread(file.read, _PIECE):
            yield piece
