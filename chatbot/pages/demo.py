"""``GET /demo``: the chat beside the staff room and what staff would be told, codes that would go out, and
a movable clock. How the page comes into the room: ``chatbot/pages/demo_room.py``.

The server side of the board is handed in. ``GET /demo/events`` is a stream of server-sent events, each the
whole state of the board as JSON, the first one at once::

    {"now": "2026-11-23T02:00:00+00:00",
     "staff": [{"id": "7", "at": ISO, "text": "..."}],              oldest first
     "codes": [{"id": "3", "at": ISO, "to": "0900000001", "by": "sms" | "email", "code": "123456"}],
     "customers": [{"name": "...", "phone": "..." | null, "email": "..." | null}]}

``POST /demo/clock {"step": "hour" | "working_day" | "year"}`` answers ``{"now": ISO}``.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterable
from contextlib import suppress
from datetime import datetime
from typing import Literal, Protocol

import orjson
from aiohttp import web
from pydantic import BaseModel, ValidationError

from chatbot.pages.security import page_policy
from chatbot.pages.static import FOLDER, Static
from chatbot.pages.template import fill, json_block, language_of, load
from chatbot.texts import Texts

KEEP_ALIVE = 15.0


class Board(Protocol):
    """What the demo page shows and moves."""

    def watch(self) -> AsyncGenerator[dict[str, object], None]:
        """The state now, and again after every change, without end; the form stands above."""

    async def move(self, step: Literal["hour", "working_day", "year"]) -> datetime:
        """Move the clock on, run what has become due, and return the new time."""


class _Move(BaseModel):
    step: Literal["hour", "working_day", "year"]


class DemoPage:
    """The page around the chat."""

    def __init__(self, texts: Texts, static: Static, board: Board, *, shop: str) -> None:
        self._texts = texts
        self._static = static
        self._board = board
        self._shop = shop
        self._page = load(FOLDER / "demo.html")
        self._watchers: set[asyncio.Task[None]] = set()

    def routes(self) -> Iterable[web.RouteDef]:
        """The page, its stream and its clock."""
        return [
            web.get("/demo", self._show),
            web.get("/demo/events", self._events),
            web.post("/demo/clock", self._clock),
        ]

    async def close(self) -> None:
        """End all streams, so that the server can stop."""
        for watcher in self._watchers:
            watcher.cancel()

    async def _show(self, request: web.Request) -> web.Response:
        language = language_of(request, self._texts)
        words = {
            key: text.replace("{shop}", self._shop)
            for key, text in self._texts.domain(language, "web").items()
            if key.startswith("web.demo.")
        }
        body = fill(
            self._page,
            words | {"lang": language, "base": self._static.base},
            trusted={"setup": json_block({"language": language, "texts": words})},
        )
        response = web.Response(text=body, content_type="text/html", charset="utf-8")
        response.headers["Content-Security-Policy"] = page_policy(request, frames="'self'")
        return response

    async def _events(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream; charset=utf-8"})
        await response.prepare(request)
        watcher = asyncio.create_task(self._stream(response))
        self._watchers.add(watcher)
        try:
            with suppress(asyncio.CancelledError, ConnectionError):
                await watcher
        finally:
            self._watchers.discard(watcher)
        return response

    async def _stream(self, response: web.StreamResponse) -> None:
        states = self._board.watch()
        news = asyncio.ensure_future(anext(states))
        try:
            while True:
                done, _ = await asyncio.wait({news}, timeout=KEEP_ALIVE)
                if done:
                    await response.write(b"data: " + orjson.dumps(news.result()) + b"\n\n")
                    news = asyncio.ensure_future(anext(states))
                else:
                    await response.write(b": alive\n\n")
        finally:
            news.cancel()
            await asyncio.wait({news})
            await states.aclose()

    async def _clock(self, request: web.Request) -> web.Response:
        from_this_page(request)
        if request.content_type != "application/json":
            raise web.HTTPUnsupportedMediaType
        try:
            move = _Move.model_validate_json(await request.read())
        except ValidationError:
            raise web.HTTPBadRequest(text="step: hour, working_day or year") from None
        return web.json_response({"now": (await self._board.move(move.step)).isoformat()})


def from_this_page(request: web.Request) -> None:
    """Raises HTTPForbidden for a request that another site lets a browser make."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
        raise web.HTTPForbidden(text="foreign origin")
