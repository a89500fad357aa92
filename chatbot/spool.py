"""Uploaded files: sealed in DATA_DIR/spool under the key of their chat, never in the clear on disk."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime
from pathlib import Path
from uuid import UUID

from chatbot.channels import Busy, Gone
from chatbot.channels.web import TooLarge, TooMuch
from chatbot.crypto import SealBroken
from chatbot.messages import Address, FileRef
from chatbot.outages import busy_in_an_outage
from chatbot.vault import Oversize, SealedFile, Vault
from models.chat import Chat
from models.database import run_tx
from models.keys import SubjectKey, new_id
from models.upload import Upload

MOST_OF_CHAT = 200 * 1024 * 1024
"""Bytes that one chat may upload without a conversation that takes them: ten files of the largest size."""
MOST_IN_ALL = 10 * 1024**3
"""Bytes of all chats together that no conversation has taken."""
FREE_FLOOR = 1024**3
"""Bytes of the disk that uploads leave to the database."""


class SealedSpool:
    """What ``chatbot.channels.web.store.Spool`` asks for, over a folder. ``languages`` are those of the desk,
    the first where none is asked for; ``largest`` is in bytes."""

    def __init__(
        self,
        folder: Path,
        now: Callable[[], datetime],
        languages: Sequence[str],
        largest: int = 20 * 1024 * 1024,
    ) -> None:
        self._folder = folder
        self._vault = Vault(folder, "upload")
        self._now = now
        self._languages = languages
        self._largest = largest
        self._under_way = 0

    async def store(
        self,
        address: Address,
        name: str,
        mime: str,
        chunks: AsyncIterator[bytes],
        language: str | None = None,
    ) -> FileRef:
        """Seal a file as it comes in. Raises TooLarge, TooMuch, Busy, and whatever ``chunks`` raises; then
        nothing is left behind. A chat that begins with a file is made with it, in ``language``."""
        spoken = language if language and language in self._languages else self._languages[0]
        self._under_way += 1
        try:
            with busy_in_an_outage():
                chat = await Chat.find(address)
                await self._check(chat.id if chat else None, 0)
                key = chat.key if chat else SubjectKey.make(new_id())
                return await self._store(address, name, mime, chunks, spoken, key)
        except Oversize:
            raise TooLarge from None
        finally:
            self._under_way -= 1

    async def _store(
        self,
        address: Address,
        name: str,
        mime: str,
        chunks: AsyncIterator[bytes],
        language: str,
        key: SubjectKey,
    ) -> FileRef:
        written = await self._vault.write(key.opened(), new_id(), chunks, self._largest)
        try:
            await self._vault.publish(written)

            async def record() -> Chat:
                chat = await Chat.hold(address, language, self._now(), key)
                if chat.id == key.id:
                    await self._check(chat.id, written.size)
                    await self._record(chat, written, name, mime)
                return chat

            chat = await run_tx(record)
            if chat.id != key.id:
                # The chat was made by something else meanwhile, with a key of its own.
                again = self._vault.read(key.opened(), written.identity)
                file = await self._store(address, name, mime, again, language, chat.key)
                self._vault.remove(written.identity)
                return file
        except BaseException:
            written.discard()
            self._vault.remove(written.identity)
            raise
        return FileRef(str(written.identity), name, mime, written.size)

    async def _check(self, chat: UUID | None, size: int) -> None:
        """Whether there is room for so many bytes more. Raises TooMuch and Busy."""
        own, whole = await Upload.unkept(chat)
        if own + size > MOST_OF_CHAT:
            raise TooMuch
        free = shutil.disk_usage(self._folder).free
        if whole + size > MOST_IN_ALL or free - self._under_way * self._largest < FREE_FLOOR:
            raise Busy

    async def find(self, address: Address, handle: str) -> FileRef | None:
        """The file that this chat stored under a handle. Raises Busy."""
        try:
            identity = UUID(handle)
        except ValueError:
            return None
        with busy_in_an_outage():
            chat = await Chat.find(address)
            found = await Upload.filter(id=identity, chat_id=chat.id).first() if chat else None
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
            async for piece in self._vault.read(key.opened(), upload.id):
                yield piece
        except (FileNotFoundError, SealBroken):
            raise Gone("upload") from None

    async def sweep(self, before: datetime, limit: int) -> int:
        """Remove up to ``limit`` files that no conversation has taken since an instant; how many."""
        due = await Upload.filter(kept_at=None, spooled_at__lt=before).limit(limit)
        for upload in due:
            self._vault.remove(upload.id)
        return await Upload.filter(id__in=[upload.id for upload in due]).delete() if due else 0

    async def _record(self, chat: Chat, written: SealedFile, name: str, mime: str) -> None:
        await Upload.create(
            id=written.identity,
            chat_id=chat.id,
            name=chat.key.seal(name.encode(), f"upload.name:{written.identity}"),
            mime=mime[:100],
            size=written.size,
            sha256=written.sha256,
            spooled_at=self._now(),
        )
