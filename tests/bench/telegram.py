"""Telegram as a bot sees it: it brings updates to the webhook and takes calls of the Bot API, fast."""

from __future__ import annotations

import asyncio
import time
from collections import Counter, defaultdict
from typing import Any, Self
from urllib.parse import parse_qs

import orjson
from aiohttp import ClientSession, TCPConnector, web

from chatbot.channels.telegram import WEBHOOK_CONNECTIONS
from chatbot.channels.telegram.webhook import SECRET_HEADER

_ME = {"id": 7000000001, "is_bot": True, "first_name": "Partyshop", "username": "PartyshopTestBot"}


class Telegram:
    """Use as an async context manager. ``times`` are seconds from handing an update over until the webhook
    has answered; ``calls`` counts the calls of the Bot API by method."""

    def __init__(self, secret: str) -> None:
        self.times: list[float] = []
        self.calls: Counter[str] = Counter()
        self.statuses: Counter[int] = Counter()
        self._secret = secret
        self._inboxes: defaultdict[str, asyncio.Queue[dict[str, Any]]] = defaultdict(asyncio.Queue)
        self._free = asyncio.Semaphore(WEBHOOK_CONNECTIONS)
        self._updates = 0

    async def __aenter__(self) -> Self:
        self._runner = web.ServerRunner(web.Server(self._call))
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        self._session = ClientSession(connector=TCPConnector(limit=0))
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()
        await self._runner.cleanup()

    async def bring(self, webhook: str, update: dict[str, Any]) -> None:
        """Hand an update over, on one of the connections that the desk allows."""
        self._updates += 1
        body = orjson.dumps({"update_id": self._updates, **update})
        headers = {SECRET_HEADER: self._secret, "Content-Type": "application/json"}
        async with self._free:
            begun = time.perf_counter()
            async with self._session.post(webhook, data=body, headers=headers) as response:
                self.statuses[response.status] += 1
            self.times.append(time.perf_counter() - begun)

    async def message_to(self, user: int) -> dict[str, Any]:
        """The ``reply_markup`` of the next message to a person."""
        async with asyncio.timeout(60):
            return await self._inboxes[str(user)].get()

    async def _call(self, request: web.BaseRequest) -> web.StreamResponse:
        method = request.path.rpartition("/")[2]
        self.calls[method] += 1
        result: object = True
        if method == "getMe":
            result = _ME
        elif method == "sendMessage":
            given = parse_qs((await request.read()).decode())
            chat = given["chat_id"][0]
            self._inboxes[chat].put_nowait(orjson.loads(given.get("reply_markup", ["{}"])[0]))
            place = {"id": int(chat), "type": "private"}
            result = {"message_id": self.calls[method], "date": 1, "chat": place, "text": "?"}
        return web.Response(
            body=orjson.dumps({"ok": True, "result": result}), content_type="application/json"
        )
