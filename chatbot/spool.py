"""Uploaded files: sealed in DATA_DIR/spool under the key of their chat, never in the clear on disk."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import datetime
from pathlib import Path
from uuid import UUID

from chatbot.channels import Busy, Gone
from chatbot.channels.web import TooLarge
from chatbot.crypto import SealBroken
from chatbot.messages import Address, FileRef
from chatbot.vault import Oversize, SealedFile, Vault
from models.chat import Chat
from models.database import is_outage, run_tx
from models.keys import SubjectKey, new_id
from models.upload import Upload


class SealedSpool:
    """What ``chatbot.channels.web.store.Spool`` asks for, over a folder. ``largest`` is in bytes."""

    def __init__(
        self, folder: Path, now: Callable[[], datetime], language: str, largest: int = 20 * 1024 * 1024
    ) -> None:
        self._vault = Vault(folder, "upload")
        self._now = now
        self._language = language
        self._largest = largest

    async def store(self, address: Address, name: str, mime: str, chunks: AsyncIterator[bytes]) -> FileRef:
        """Seal a file as it comes in. Raises TooLarge, Busy, and whatever ``chunks`` raises; then nothing
        is left behind."""
        identity = new_id()
        try:
            chat = await run_tx(lambda: Chat.hold(address, self._language, self._now()))
            written = await self._vault.write(chat.key.opened(), identity, chunks, self._largest)
            try:
                await self._vault.publish(written)
                await run_tx(lambda: self._record(chat, written, name, mime))
            except BaseException:
                written.discard()
                self._vault.remove(identity)
                raise
        except Oversize:
            raise TooLarge from None
        except Exception as error:
            if is_outage(error):
                raise Busy from None
            raise
        return FileRef(str(identity), name, mime, written.size)

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
