"""A web chat with a small bot behind it and its memory in lists: for tests of the channel and its pages."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Literal

from aiohttp import web

from chatbot.channels import Busy, Gone
from chatbot.channels.web import Entry, Limits, Network, WebChannel
from chatbot.messages import Address, Button, Field, FileRef, Inbound, Link, Reply
from chatbot.pages.chat import ChatPage
from chatbot.pages.demo import DemoPage
from chatbot.pages.security import secure
from chatbot.pages.static import Static
from chatbot.texts import Texts

MENU = Reply(
    "Quý khách muốn làm gì?",
    (
        Button("t-data", "Dữ liệu của tôi"),
        Button("t-policy", "Chính sách bảo mật"),
        Button("t-call", "Gặp nhân viên"),
    ),
    expects=Field.NONE,
)
ASK_PHONE = Reply("Quý khách vui lòng cho biết số điện thoại đã mua hàng.", expects=Field.PHONE)
ASK_CODE = Reply(
    "Chúng tôi đã gửi mã gồm 6 chữ số đến số đó. Quý khách vui lòng nhập mã.", expects=Field.CODE
)
POLICY = Reply(
    "3. Thời gian lưu trữ thông tin:\n– 1 năm kể từ khi khách hàng không liên lạc nữa.",
    link=Link("Xem đầy đủ", "/my#abc"),
)


class Spooled:
    """A spool in memory."""

    def __init__(self) -> None:
        self.files: dict[tuple[str, str], tuple[FileRef, bytes]] = {}
        self.refuses: Exception | None = None
        self.language: str | None = None

    async def store(
        self,
        address: Address,
        name: str,
        mime: str,
        chunks: AsyncIterator[bytes],
        language: str | None = None,
    ) -> FileRef:
        if self.refuses:
            raise self.refuses
        self.language = language
        content = b"".join([chunk async for chunk in chunks])
        handle = hashlib.sha256(content + str(len(self.files)).encode()).hexdigest()
        file = FileRef(handle, name, mime, len(content))
        self.files[address.user, handle] = file, content
        return file

    async def find(self, address: Address, handle: str) -> FileRef | None:
        found = self.files.get((address.user, handle))
        return found[0] if found else None

    async def read(self, file: FileRef) -> AsyncIterator[bytes]:
        for (_, handle), (_, content) in self.files.items():
            if handle == file.handle:
                yield content
                return
        raise Gone


@dataclass
class Memory:
    """What a real desk has in its database: it outlives a server."""

    entries: dict[str, list[Entry]] = field(default_factory=dict)
    inbound: list[Inbound] = field(default_factory=list)
    deliveries: set[str] = field(default_factory=set)
    seen_up_to: dict[str, int] = field(default_factory=dict)
    versions: dict[str, int] = field(default_factory=dict)
    reads: int = 0
    tries: int = 0
    """How often a message was handed in, repeats included."""
    pause: float = 0.01
    """Seconds that the database takes."""
    busy: int = 0
    """So many of the next messages find the database busy."""
    fails: int = 0
    on_stored: Callable[[], None] = lambda: None
    """Called when a message has been stored, before that is confirmed."""
    spool: Spooled = field(default_factory=Spooled)
    now: datetime = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)

    async def after(self, address: Address, seq: int, limit: int) -> list[Entry]:
        self.reads += 1
        return [entry for entry in self.entries.get(address.user, []) if entry.seq > seq][:limit]

    async def version(self, address: Address) -> int:
        """See ``History``."""
        return self.versions.get(address.user, 0)

    async def seen(self, address: Address, seq: int) -> None:
        self.seen_up_to[address.user] = seq

    def add(self, user: str, **what: object) -> None:
        """Write one line into a chat."""
        chat = self.entries.setdefault(user, [])
        chat.append(Entry(len(chat) + 1, at=self.now, **what))  # type: ignore[arg-type]

    async def receive(self, message: Inbound) -> None:
        """Stores and answers, as the engine does: a delivery seen before does nothing."""
        self.tries += 1
        await asyncio.sleep(self.pause)
        if self.busy:
            self.busy -= 1
            raise Busy
        if self.fails:
            self.fails -= 1
            raise ValueError("secret words of a customer")
        if message.delivery in self.deliveries:
            return
        self.deliveries.add(message.delivery)
        self.inbound.append(message)
        self.now += timedelta(minutes=1)
        user = message.address.user
        pressed = next(
            (button.label for button in MENU.buttons if button.token == message.press), message.press
        )
        names = tuple(file.name for file in message.files)
        self.add(user, mine=True, text=message.text or pressed, files=names, delivery=message.delivery)
        for reply in self.answers(message):
            self.add(user, mine=False, reply=reply)
        self.on_stored()

    def answers(self, message: Inbound) -> list[Reply]:
        """A bot of a few words."""
        if message.files:
            return [Reply("Đã nhận tệp.")]
        match message.press or message.text:
            case "t-data" | "/dulieu":
                return [ASK_PHONE]
            case "0900000001":
                return [ASK_CODE]
            case "t-policy" | "/chinhsach":
                return [POLICY, MENU]
            case "/menu":
                return [MENU]
        return [Reply(f"Đã nhận: {message.text}")]


class World:
    """A real server on a port of this machine; it can go away and come back, with the memory kept."""

    def __init__(
        self,
        memory: Memory | None = None,
        *,
        limits: Limits | None = None,
        frame_ancestors: tuple[str, ...] = (),
        public_url: str | None = None,
        trusted_proxy: Network | None = None,
        board: Board | None = None,
    ) -> None:
        self.memory = memory or Memory()
        self.board = board or Board()
        self._limits = limits
        self._frame_ancestors = frame_ancestors
        self._public_url = public_url
        self._trusted_proxy = trusted_proxy
        self.port = 0

    @property
    def url(self) -> str:
        """Where it answers, without a slash."""
        return f"http://localhost:{self.port}"

    async def __aenter__(self) -> World:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Take the port of the last time, if there was one."""
        memory = self.memory
        self.channel = WebChannel(
            memory.receive,
            memory,
            memory.spool,
            lambda: memory.now,
            public_url=self._public_url,
            trusted_proxy=self._trusted_proxy,
            limits=self._limits,
        )
        texts, static = Texts.load(), Static()
        page = ChatPage(
            texts,
            static,
            self.channel.recognise,
            shop="Partyshop.vn",
            email="partyshop.vn@gmail.com",
            starters=("dulieu", "chinhsach", "nhanvien"),
            frame_ancestors=self._frame_ancestors,
            public_url=self._public_url,
        )
        demo = DemoPage(texts, static, self.board, shop="Partyshop.vn")
        app = web.Application()
        app.on_response_prepare.append(secure)
        app.add_routes([*self.channel.routes(), *page.routes(), *demo.routes(), *static.routes()])

        async def hang_up(_: web.Application) -> None:
            await self.channel.close()
            await demo.close()

        app.on_shutdown.append(hang_up)
        self._runner = web.AppRunner(app, access_log=None, lingering_time=0.2)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port, reuse_address=True)
        await site.start()
        self.port = self._runner.addresses[0][1]

    def cut(self) -> None:
        """Break every WebSocket as a tunnel does, without a word."""
        for pages in self.channel._pages.values():
            for page in pages:
                transport = page._socket._req and page._socket._req.transport
                assert transport
                transport.abort()

    async def stop(self) -> None:
        """Hang up and go away."""
        await self._runner.cleanup()


class Board:
    """A demo board that a test writes on."""

    def __init__(self) -> None:
        self.state: dict[str, object] = {
            "now": "2026-11-23T02:00:00+00:00",
            "staff": [],
            "codes": [],
            "customers": [
                {"name": "Nguyễn Thị Mai", "phone": "0900000001", "email": "mai@example.com"},
                {"name": "Trần Văn Bình", "phone": "0900000002", "email": None},
                {"name": "Lê Hoàng Phương Anh", "phone": None, "email": "phuonganh@example.vn"},
            ],
        }
        self.moved: list[str] = []
        self._changed = asyncio.Condition()

    async def change(self, **what: object) -> None:
        """Put something on the board and tell who watches."""
        self.state |= what
        async with self._changed:
            self._changed.notify_all()

    async def watch(self) -> AsyncGenerator[dict[str, object], None]:
        while True:
            yield self.state
            async with self._changed:
                await self._changed.wait()

    async def move(self, step: Literal["hour", "working_day", "year"]) -> datetime:
        self.moved.append(step)
        now = datetime(2027, 11, 23, 2, 0, tzinfo=UTC)
        await self.change(now=now.isoformat())
        return now
