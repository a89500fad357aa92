"""The chat on our own site: a WebSocket for messages, a POST for files, a cookie for who it is."""

from __future__ import annotations

import asyncio
import math
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable
from datetime import datetime

from aiohttp import WSCloseCode, web

from chatbot.channels import Pace, Receive
from chatbot.channels.web.frames import frame
from chatbot.channels.web.limits import Limits, Rate
from chatbot.channels.web.page import Desk, Page
from chatbot.channels.web.request import (
    Network,
    chat_of,
    give_cookie,
    is_from_our_page,
    limit_key,
    network_of,
)
from chatbot.channels.web.store import Entry, History, Spool, TooLarge, TooMuch
from chatbot.channels.web.upload import HEADER, take
from chatbot.messages import Ability, Address, FileRef, Reply

__all__ = ["NO_COOKIE", "Entry", "History", "Limits", "Network", "Spool", "TooLarge", "TooMuch", "WebChannel"]

NO_COOKIE = 4401
"""Close code for a browser that keeps no cookie of ours, as in a frame on a foreign site."""
HEARTBEAT = 30.0


class WebChannel:
    """The web chat as a channel.

    ``public_url`` is where customers reach us, where that is not what the Host header says; its https
    makes the cookie Secure. ``trusted_proxy`` is where the proxy stands whose X-Forwarded-For counts.
    """

    name = "web"
    pace = Pace()
    abilities = frozenset({Ability.OWN_SERVER, Ability.BUTTONS})

    def __init__(
        self,
        receive: Receive,
        history: History,
        spool: Spool,
        now: Callable[[], datetime],
        *,
        public_url: str | None = None,
        trusted_proxy: Network | None = None,
        limits: Limits | None = None,
    ) -> None:
        self._limits = limits = limits or Limits()
        self._public_url = public_url
        self._trusted_proxy = trusted_proxy
        self._spool = spool
        per_chat = Rate(limits.message_rate, limits.message_burst)
        per_network = Rate(limits.network_rate, limits.network_burst)
        self._desk = Desk(receive, history, spool, now, per_chat, per_network)
        self._uploads = Rate(limits.upload_rate, limits.upload_burst)
        self._pages: dict[str, set[Page]] = {}
        self._networks: Counter[str] = Counter()
        self._closing = False

    def routes(self) -> Iterable[web.RouteDef]:
        """The channel's own addresses; the page that uses them is another's."""
        return [web.get("/chat/ws", self._socket), web.post("/chat/files", self._upload)]

    def recognise(self, request: web.Request, response: web.StreamResponse) -> None:
        """Give the browser that asks for the page a chat to come, or let it keep the one it has."""
        secure = request.secure or (self._public_url or "").startswith("https:")
        give_cookie(request, response, secure)

    async def send(self, to: Address, reply: Reply) -> str | None:
        """The message stands in the history already: tell the open pages, if there are any.

        Nothing can go wrong: who is away finds it when they come back.
        """
        for page in self._pages.get(to.user, ()):
            page.wake()
        return None

    def fetch(self, file: FileRef) -> AsyncIterator[bytes]:
        """The bytes of an uploaded file. Raises Gone."""
        return self._spool.read(file)

    async def close(self) -> None:
        """Hang up on every page, so that the server can stop; each calls the next one."""
        self._closing = True
        pages = [page for of_chat in self._pages.values() for page in of_chat]
        await asyncio.gather(*(page.close(WSCloseCode.GOING_AWAY) for page in pages))

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        if not is_from_our_page(request, self._public_url):
            raise web.HTTPForbidden(text="foreign origin")
        if self._closing:
            raise web.HTTPServiceUnavailable(headers={"Retry-After": "2"})
        socket = web.WebSocketResponse(
            heartbeat=HEARTBEAT, max_msg_size=self._limits.frame, compress=False, timeout=2.0
        )
        try:
            can_talk = bool(socket.can_prepare(request))
        except ValueError:  # a key that is no ASCII
            can_talk = False
        if not can_talk:
            raise web.HTTPBadRequest(text="not a WebSocket")
        address = chat_of(request)
        network = network_of(request, self._trusted_proxy)
        if self._too_many(address, network):
            raise web.HTTPTooManyRequests(headers={"Retry-After": "10"})
        await socket.prepare(request)
        if address is None:
            await socket.send_str(frame("error", code="no_cookie", id=None))
            await socket.close(code=NO_COOKIE)
            return socket
        await self._talk(Page(self._desk, socket, address, network), address, network)
        return socket

    async def _talk(self, page: Page, address: Address, network: str) -> None:
        def wake_all() -> None:
            for other in self._pages.get(address.user, ()):
                other.wake()

        key = limit_key(network)
        self._pages.setdefault(address.user, set()).add(page)
        self._networks[key] += 1
        try:
            await page.talk(on_stored=wake_all)
        finally:
            self._pages[address.user].discard(page)
            if not self._pages[address.user]:
                del self._pages[address.user]
            self._networks[key] -= 1
            if not self._networks[key]:
                del self._networks[key]

    def _too_many(self, address: Address | None, network: str) -> bool:
        of_chat = len(self._pages.get(address.user, ())) if address else 0
        return (
            of_chat >= self._limits.sockets_per_chat
            or self._networks[limit_key(network)] >= self._limits.sockets_per_network
        )

    async def _upload(self, request: web.Request) -> web.Response:
        address = chat_of(request)
        if (
            address is None
            or HEADER not in request.headers
            or not is_from_our_page(request, self._public_url)
        ):
            return web.json_response({"error": "not_from_our_page"}, status=403)
        if wait := self._uploads.wait(limit_key(network_of(request, self._trusted_proxy))):
            headers = {"Retry-After": str(math.ceil(wait))}
            return web.json_response({"error": "slow"}, status=429, headers=headers)
        return await take(request, address, self._spool, self._limits.file)
