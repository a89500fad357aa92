"""One open page: reads its frames, one after the other, and writes what the history holds.

What the page shows comes from the history alone, never from memory: whatever wakes the writer, it sends
what was stored since the last entry that it sent. So nothing is lost, repeated or out of order.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

import structlog
from aiohttp import WSCloseCode, WSMsgType, web

from chatbot.channels import Busy, Receive
from chatbot.channels.web.frames import LONGEST_TEXT, BadFrame, Hello, Message, Seen, entry_frame, frame, read
from chatbot.channels.web.limits import Rate
from chatbot.channels.web.request import limit_key
from chatbot.channels.web.store import History, Spool
from chatbot.messages import Address, FileRef, Inbound

BEAT = 20.0
"""Seconds until the writer looks again by itself: other worker processes do not wake it."""
BUSY = 2.0
"""Seconds after which a message is worth sending again when the database could not take it."""
PATIENCE = 20
"""Frames in a row that were of no use, after which the line is cut."""
BATCH = 100

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Desk:
    """What all open pages share."""

    receive: Receive
    history: History
    spool: Spool
    now: Callable[[], datetime]
    per_chat: Rate
    per_network: Rate


class Page:
    """The server's end of one open page."""

    def __init__(self, desk: Desk, socket: web.WebSocketResponse, address: Address, network: str) -> None:
        self._desk = desk
        self._socket = socket
        self._address = address
        self._network = network
        self._language: str | None = None
        self._sent: int | None = None
        self._version = 0
        self._seen = 0
        self._useless = 0
        self._news = asyncio.Event()

    def wake(self) -> None:
        """There may be something new in the history."""
        self._news.set()

    async def close(self, code: WSCloseCode) -> None:
        """Hang up; the page calls again."""
        await self._socket.close(code=code)

    async def talk(self, on_stored: Callable[[], None]) -> None:
        """Until the page goes away. Calls ``on_stored`` after each message that was stored."""
        writer = asyncio.create_task(self._write())
        try:
            async for message in self._socket:
                if message.type is WSMsgType.TEXT:
                    await self._take(message.data, on_stored)
                else:
                    await self._useless_frame(frame("error", code="not_text", id=None))
        except ConnectionError:
            pass
        except Exception as fault:
            await self._give_up(fault)
        finally:
            writer.cancel()
            with suppress(asyncio.CancelledError):
                await writer

    async def _take(self, data: str, on_stored: Callable[[], None]) -> None:
        try:
            match read(data):
                case Hello() as hello if self._sent is None:
                    self._language, self._sent = hello.language, hello.after
                    self.wake()
                case Message() as message if self._sent is not None:
                    await self._store(message, on_stored)
                case Seen(seq=seq) if self._sent is not None:
                    if self._seen < seq <= self._sent:
                        await self._desk.history.seen(self._address, seq)
                        self._seen = seq
                case Hello():
                    await self._useless_frame(frame("error", code="hello_again", id=None))
                case _:
                    await self._useless_frame(frame("error", code="hello_first", id=None))
        except BadFrame:
            await self._useless_frame(frame("error", code="bad_frame", id=None))
        except Busy:
            pass  # the mark of what was seen is set by a later frame

    async def _store(self, message: Message, on_stored: Callable[[], None]) -> None:
        client_id = str(message.id)
        if message.text and len(message.text) > LONGEST_TEXT:
            await self._useless_frame(frame("error", code="too_long", id=client_id))
            return
        wait = max(
            self._desk.per_chat.wait(self._address.user),
            self._desk.per_network.wait(limit_key(self._network)),
        )
        if wait:
            await self._useless_frame(frame("slow", id=client_id, retry_after=math.ceil(wait)))
            return
        try:
            files = await self._files(message.files or [])
            if files is None:
                await self._useless_frame(frame("error", code="no_such_file", id=client_id))
                return
            await self._desk.receive(self._inbound(message, files))
        except Busy:
            await self._socket.send_str(frame("busy", id=client_id, retry_after=BUSY))
        except Exception as fault:
            log.error("web.not_received", fault=type(fault).__name__)
            await self._socket.send_str(frame("error", code="failed", id=client_id))
        else:
            self._useless = 0
            await self._socket.send_str(frame("ack", id=client_id))
            on_stored()

    def _inbound(self, message: Message, files: tuple[FileRef, ...]) -> Inbound:
        return Inbound(
            address=self._address,
            # A message sent again, for an ack that got lost, is the same delivery; in another chat it is not.
            # Half of the chat's hash tells chats apart as well; whole it would not fit into the column.
            delivery=f"{self._address.user[:32]}.{message.id}",
            at=self._desk.now(),
            # PostgreSQL has no NUL in text.
            text=message.text.replace("\0", "") if message.text else None,
            press=message.press,
            files=files,
            language=self._language,
            network=limit_key(self._network),
        )

    async def _files(self, handles: list[str]) -> tuple[FileRef, ...] | None:
        found = [await self._desk.spool.find(self._address, handle) for handle in handles]
        known = tuple(file for file in found if file)
        return known if len(known) == len(found) else None

    async def _useless_frame(self, answer: str) -> None:
        self._useless += 1
        await self._socket.send_str(answer)
        if self._useless >= PATIENCE:
            await self.close(WSCloseCode.POLICY_VIOLATION)

    async def _write(self) -> None:
        try:
            await self._news.wait()  # the hello
            await self._reset_if_strange()
            ready = False
            while True:
                self._news.clear()
                await self._busy_is_no_end(self._send_news)
                if not ready:
                    await self._socket.send_str(frame("ready"))
                    ready = True
                try:
                    await asyncio.wait_for(self._news.wait(), BEAT)
                except TimeoutError:
                    await self._socket.send_str(frame("beat"))
        except ConnectionError:
            pass  # the reader notices, too
        except Exception as fault:
            await self._give_up(fault)

    async def _give_up(self, fault: Exception) -> None:
        """Hang up over a fault of our own; the page calls again. What the fault says may be personal."""
        log.error("web.page_failed", fault=type(fault).__name__)
        await self.close(WSCloseCode.INTERNAL_ERROR)

    async def _reset_if_strange(self) -> None:
        """The last entry that the page shows may be gone, erased or of another database: begin anew."""

        async def look() -> None:
            if not self._sent:
                return
            last = await self._desk.history.after(self._address, self._sent - 1, 1)
            if not last or last[0].seq != self._sent:
                self._sent = 0
                await self._socket.send_str(frame("reset"))

        await self._busy_is_no_end(look)

    async def _send_news(self) -> None:
        version = await self._desk.history.version(self._address)
        if self._sent and version != self._version:
            self._sent = 0
            await self._socket.send_str(frame("reset"))
        self._version = version
        while entries := await self._desk.history.after(self._address, self._sent or 0, BATCH):
            for entry in entries:
                await self._socket.send_str(entry_frame(entry))
                self._sent = entry.seq

    async def _busy_is_no_end(self, action: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                return await action()
            except Busy:
                await asyncio.sleep(BUSY)
