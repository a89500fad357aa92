"""A Telegram channel with a recording ``receive`` and a web server of its own, for the tests beside."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal, Self

import aiohttp
import orjson
from aiohttp import web

from chatbot.channels import Busy
from chatbot.channels.telegram import StaffGroup, TelegramChannel
from chatbot.channels.telegram.webhook import SECRET_HEADER
from chatbot.messages import Address, Inbound, StaffInbound
from tests.bot_api import TOKEN

SECRET = "a-secret-for-tests_0123456789"
STAFF_CHAT = "-100200"
COMMANDS = {
    "vi": [("menu", "Xem các lựa chọn"), ("khieunai", "Gửi khiếu nại")],
    "en": [("menu", "See the choices"), ("khieunai", "File a complaint")],
}

STAFF_COMMANDS = {
    "vi": [("viec", "Việc đang mở")],
    "en": [("viec", "Open complaints")],
}


def clock() -> datetime:
    """The real time."""
    return datetime.now(UTC)


@dataclass
class Desk:
    """The channel under test. ``busy`` counts the messages that are refused before one is taken;
    ``at_receive`` is awaited before a message counts as stored."""

    api_url: str
    mode: Literal["webhook", "polling"] = "webhook"
    now: Callable[[], datetime] = clock
    received: list[Inbound] = field(default_factory=list)
    heard: list[StaffInbound] = field(default_factory=list)
    answer: str | None = None
    memberships: list[tuple[Address, bool]] = field(default_factory=list)
    busy: int = 0
    refused: int = 0
    at_receive: Callable[[Inbound], Awaitable[None]] | None = None

    async def __aenter__(self) -> Self:
        app = web.Application()
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        self.channel = TelegramChannel(
            token=TOKEN,
            receive=self._receive,
            now=self.now,
            mode=self.mode,
            api_url=self.api_url,
            webhook_secret=SECRET,
            staff=StaffGroup(STAFF_CHAT, self._receive_staff, STAFF_COMMANDS),
            commands=COMMANDS,
            on_membership=self._membership,
        )
        app.add_routes(self.channel.routes())
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"
        self.channel._public_url = self.url  # the port is known only now
        self._changed = asyncio.Condition()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.channel.stop()
        await self._runner.cleanup()

    async def post(self, body: Any, headers: dict[str, str] | None = None) -> int:
        """Post a body (bytes as they are, else as JSON) to the webhook, with the secret unless told."""
        data = io.BytesIO(body if isinstance(body, bytes) else orjson.dumps(body))
        headers = {SECRET_HEADER: SECRET, "Content-Type": "application/json", **(headers or {})}
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{self.url}/telegram", data=data, headers=headers) as response,
        ):
            return response.status

    async def wait_for(self, count: int, seconds: float = 5.0) -> Inbound:
        """Wait until so many messages have been stored, and return the last of these."""
        await self.wait_until(lambda: len(self.received) >= count, seconds)
        return self.received[count - 1]

    async def wait_until(self, true: Callable[[], bool], seconds: float = 5.0) -> None:
        """Wait until something is true of what has been received or refused."""
        async with asyncio.timeout(seconds), self._changed:
            await self._changed.wait_for(true)

    async def _receive(self, inbound: Inbound) -> None:
        if self.at_receive:
            await self.at_receive(inbound)
        async with self._changed:
            self._changed.notify_all()
            if self.busy:
                self.busy -= 1
                self.refused += 1
                raise Busy
            self.received.append(inbound)

    async def _receive_staff(self, said: StaffInbound) -> str | None:
        if self.busy:
            self.busy -= 1
            raise Busy
        self.heard.append(said)
        return self.answer

    async def _membership(self, address: Address, blocked: bool) -> None:
        self.memberships.append((address, blocked))
