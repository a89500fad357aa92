"""Pages that stay up to date by themselves: a part of a page is sent again when something has happened.

The stream is one request. It keeps no session alive, and ends with the session, so that a page that lies
open does not keep somebody signed in.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

import orjson
from aiohttp import web

from chatbot.pages.room.base import Member
from chatbot.pages.room.guard import cookie_of
from chatbot.pages.room.work import Work
from models.event import Event
from models.staff_session import StaffSession

LOOK = 2.0
"""Seconds between two looks whether something has happened; it is one cheap question."""
AT_LEAST = 30.0
"""Seconds after which a part is made anew in any case: days pass without an event."""
MOST_STREAMS = 6
"""Streams of one session: a browser opens no more at once to one server."""

Render = Callable[[web.Request, Member], Awaitable[str]]


class Live:
    """Streams of server-sent events, each the HTML of a part of a page as a JSON string."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._watchers: dict[asyncio.Task[None], str] = {}

    async def close(self) -> None:
        """End all streams, so that the server can stop."""
        for watcher in self._watchers:
            watcher.cancel()

    def of(self, render: Render) -> Callable[[web.Request, Member], Awaitable[web.StreamResponse]]:
        """The stream of a part of a page."""

        async def stream(request: web.Request, member: Member) -> web.StreamResponse:
            cookie = cookie_of(request) or ""
            if sum(one == cookie for one in self._watchers.values()) >= MOST_STREAMS:
                return web.Response(status=429, headers={"Retry-After": "10"})
            first = await render(request, member)  # whatever is wrong is told before the stream begins
            response = web.StreamResponse(headers={"Content-Type": "text/event-stream; charset=utf-8"})
            await response.prepare(request)
            watcher = asyncio.create_task(self._watch(request, member, cookie, render, response, first))
            self._watchers[watcher] = cookie
            try:
                with suppress(asyncio.CancelledError, ConnectionError):
                    await watcher
            finally:
                watcher.cancel()
                self._watchers.pop(watcher, None)
            return response

        return stream

    async def _watch(
        self,
        request: web.Request,
        member: Member,
        cookie: str,
        render: Render,
        response: web.StreamResponse,
        html: str,
    ) -> None:
        sent, known, quiet = "", -1, 0.0
        while True:
            if html != sent:
                await response.write(b"data: " + orjson.dumps(html) + b"\n\n")
                sent = html
            else:
                await response.write(b": alive\n\n")
            while True:
                await asyncio.sleep(LOOK)
                quiet += LOOK
                if not await StaffSession.is_open(cookie, self._work.room.wall()):
                    return
                newest = await Event.newest()
                if newest != known or quiet >= AT_LEAST:
                    break
            known, quiet = newest, 0.0
            html = await render(request, member)
