"""Uploaded files: sealed in DATA_DIR/spool under the key of their chat, never in the clear on disk."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from pathlib import Path
from uuid import UUID

from chatbot.channels import Busy, Gone
from chatbot.channels.web import TooLarge
from chatbot.crypto import SealBroken, seal_stream, unseal_stream
from chatbot.messages import Address, FileRef
from models.chat import Chat
from models.database import is_outage, run_tx
from models.keys import SubjectKey, new_id
from models.upload import Upload

_PIECE = 256 * 1024


class SealedSpool:
    """What ``chatbot.channels.web.store.Spool`` asks for, over a folder. ``largest`` is in bytes."""

    def __init__(self, folder: Path, now: Callable[[], datetime], language: str, largest: int = 20 * 1024 * 1024) -> None:
        self._folder = folder
        self._now = now
        self._language = language
        self._largest = largest
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    async def store(self, address: Address, name: str, mime: str, chunks: AsyncIterator[bytes]) -> FileRef:
        """Seal a file as it comes in. Raises TooLarge, Busy, and whatever ``chunks`` raises; then nothing
        is left behind."""
        identity = new_id()
        path = self._path(identity)
        partial = path.with_suffix(".part")
        try:
            chat = await run_tx(lambda: Chat.hold(address, self._language, self._now()))
            size, digest = await self._write(chat.key, identity, partial, chunks)
            os.replace(partial, path)
            await run_tx(lambda: self._record(chat, identity, name, mime, size, digest))
        except BaseException as error:
            partial.unlink(missing_ok=True)
            path.unlink(missing_ok=True)
            if isinstance(error, Exception) and is_outage(error):
                raise Busy from None
            raise
        return FileRef(str(identity), name, mime, size)

    async def find(self, address: Address, handle: str) -> FileRef | None:
        """The file that this chat stored under a handle. Raises Busy."""
        try:
            identity = UUID(handle)
            chat = await Chat.find(address)
            found = await Upload.filter(id=identity, chat_id=chat.id).first() if chat else None
        except ValueError:
            return None
        except Exception as error:
            if is_outage(error):
                raise Busy from None
            raise
        if found is None or chat is None:
            return None
        name = chat.key.unseal(found.name, f"upload.name:{identity}").decode()
        return FileRef(handle, name, found.mime, found.size)

    async def read(self, file: FileRef) -> AsyncIterator[bytes]:
        """The plain bytes of a stored file, in pieces. Raises Gone."""
        upload = await Upload.get_or_none(id=UUID(file.handle))
        if upload is None:
            raise Gone("upload")
        key = await SubjectKey.of(upload.chat_id)  # type: ignore[attr-defined]
        try:
            async for piece in unseal_stream(key.opened(), _pieces(self._path(upload.id)), f"upload:{upload.id}"):
                yield piece
        except (FileNotFoundError, SealBroken):
            raise Gone("upload") from None

    async def sweep(self, before: datetime, limit: int) -> int:
        """Remove up to ``limit`` files that no conversation has taken since an instant; how many."""
        due = await Upload.filter(kept_at=None, spooled_at__lt=before).limit(limit)
        for upload in due:
            self._path(upload.id).unlink(missing_ok=True)
        return await Upload.filter(id__in=[upload.id for upload in due]).delete() if due else 0

    async def _write(
        self, key: SubjectKey, identity: UUID, path: Path, chunks: AsyncIterator[bytes]
    ) -> tuple[int, str]:
        digest, size = hashlib.sha256(), 0

        async def counted() -> AsyncIterator[bytes]:
            nonlocal size
            async for chunk in chunks:
                size += len(chunk)
                if size > self._largest:
                    raise TooLarge
                digest.update(chunk)
                yield chunk

        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            async for sealed in seal_stream(key.opened(), counted(), f"upload:{identity}"):
                await asyncio.to_thread(file.write, sealed)
            await asyncio.to_thread(_flushed, file.fileno(), file.flush)
        return size, digest.hexdigest()

    async def _record(self, chat: Chat, identity: UUID, name: str, mime: str, size: int, digest: str) -> None:
        await Upload.create(
            id=identity,
            chat_id=chat.id,
            name=chat.key.seal(name.encode(), f"upload.name:{identity}"),
            mime=mime[:100],
            size=size,
            sha256=digest,
            spooled_at=self._now(),
        )

    def _path(self, identity: UUID) -> Path:
        return self._folder / f"{identity}.sealed"


def _flushed(descriptor: int, flush: Callable[[], None]) -> None:
    flush()
    os.fsync(descriptor)


async def _pieces(path: Path) -> AsyncIterator[bytes]:
    with open(path, "rb") as file:  # noqa: ASYNC230  # opening is quick; the reads are not done here
        while piece := await asyncio.to_thread(file.read, _PIECE):
            yield piece
