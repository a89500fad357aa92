"""lo-bot-api-emulator, a Bot API server that nobody here wrote, on the loopback.

What its platform lacks is bridged here, not in the program: getMe tells no username, and
``link_preview_options`` is refused.
"""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any, Self

from aiohttp import web
from lo_bot_api_emulator import LoBotApiEmulator

from tests.bot_api import TOKEN
from tests.telegram_updates import person, private


class _Emulator(LoBotApiEmulator):  # type: ignore[misc]  # it comes without types
    async def read_request(self, request: web.Request) -> tuple[dict[str, Any], dict[str, Any]]:
        fields, uploads = await super().read_request(request)
        fields.pop("link_preview_options", None)
        return fields, uploads


class Emulator:
    """The emulator with a transcript: ``seen`` holds method, status and result of each call in order."""

    def __init__(self) -> None:
        self.emulator = _Emulator(allow_insecure_loopback_webhooks=True)
        self.seen: list[tuple[str, int, Any]] = []
        self._changed = asyncio.Condition()
        self._number = 0

    async def __aenter__(self) -> Self:
        app = self.emulator.app()
        app.middlewares.append(self._note)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    async def text(self, user: int, text: str, **more: Any) -> None:
        """A person writes; ``more`` goes into the message."""
        await self._enqueue({"message": self._message(user, text=text, **more)})

    async def message(self, user: int, **more: Any) -> None:
        """A person sends something other than a text."""
        await self._enqueue({"message": self._message(user, **more)})

    async def press(self, user: int, data: str, message_id: int) -> None:
        """A person taps a button."""
        query = {"id": f"{self._number + 1}", "from": person(user), "chat_instance": "1", "data": data}
        under = {"message_id": message_id, "date": 1, "chat": private(user), "text": "?"}
        await self._enqueue({"callback_query": {**query, "message": under}})

    async def redeliver(self) -> None:
        """Bring to the webhook what it has not taken yet."""
        await self.emulator.deliver_updates(token=TOKEN)

    async def wait_for(self, method: str, count: int = 1) -> list[tuple[int, Any]]:
        """Wait until a method has been called so often; the status and result of each call."""

        def calls() -> list[tuple[int, Any]]:
            return [(status, result) for name, status, result in self.seen if name == method]

        async with asyncio.timeout(5), self._changed:
            await self._changed.wait_for(lambda: len(calls()) >= count)
        return calls()

    def _message(self, user: int, **more: Any) -> dict[str, Any]:
        head = {"message_id": self._number + 1, "date": int(time.time())}
        return {**head, "from": person(user), "chat": private(user), **more}

    async def _enqueue(self, update: dict[str, Any]) -> None:
        self._number += 1
        await self.emulator.enqueue_update(update, token=TOKEN)

    @web.middleware
    async def _note(self, request: web.Request, handler: Any) -> web.StreamResponse:
        response: web.StreamResponse = await handler(request)
        method = request.match_info.get("method")
        if method is None or not isinstance(response, web.Response):
            return response
        body = json.loads(response.text or "{}")
        if method == "getMe":
            body["result"]["username"] = "PartyshopTestBot"
            response = web.json_response(body)
        async with self._changed:
            self.seen.append((method, response.status, body.get("result")))
            self._changed.notify_all()
        return response
