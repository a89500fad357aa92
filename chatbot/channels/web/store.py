"""What the web chat needs from the rest of the program: the conversation so far, and a place for files.

The browser keeps nothing, so the page is always drawn from here: after a reload, in a second tab, on
another worker process.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from chatbot.messages import Address, FileRef, Reply


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a conversation, as it is shown again.

    ``seq`` grows within a chat in the order in which entries became visible. ``mine`` is true for what
    the customer sent; then ``text`` (or the label of what was pressed) and the names of ``files`` are
    set, and ``delivery`` is that of its ``Inbound``, by which a page knows its own unsent message again.
    Otherwise ``reply`` is set.
    """

    seq: int
    mine: bool
    at: datetime
    reply: Reply | None = None
    text: str | None = field(default=None, repr=False)
    files: tuple[str, ...] = field(default=(), repr=False)
    delivery: str | None = None


class History(Protocol):
    """The stored conversation of a chat."""

    async def after(self, address: Address, seq: int, limit: int) -> list[Entry]:
        """At most ``limit`` entries with a greater ``seq``, in order; none for a chat that does not exist.

        Raises Busy when the database cannot be read now.
        """

    async def version(self, address: Address) -> int:
        """A number that changes whenever entries shown before have become others, as when personal data
        is hidden again. Raises Busy."""

    async def seen(self, address: Address, seq: int) -> None:
        """The customer has had entries up to ``seq`` before their eyes. Raises Busy."""


class TooLarge(Exception):
    """A file is larger than may be sent."""


class TooMuch(Exception):
    """A chat has sent as many bytes as it may without a conversation that takes them."""


class Spool(Protocol):
    """Uploaded files, sealed on disk, until the sweep that checks files takes them."""

    async def store(
        self,
        address: Address,
        name: str,
        mime: str,
        chunks: AsyncIterator[bytes],
        language: str | None = None,
    ) -> FileRef:
        """Seal a file. The handle of the result is a secret that is good for this chat alone. ``language``
        becomes that of a chat which begins with this file, where it is one of ours.

        Whatever ``chunks`` raises, TooLarge and TooMuch, is passed on and leaves nothing behind, nor a new
        chat. Raises Busy when there is no room.
        """

    async def find(self, address: Address, handle: str) -> FileRef | None:
        """The file that this chat stored under a handle. Any text may come as a handle. Raises Busy."""

    def read(self, file: FileRef) -> AsyncIterator[bytes]:
        """The bytes of a stored file, in pieces. Raises Gone when it is no longer there."""
