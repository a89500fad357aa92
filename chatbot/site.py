"""What the desk serves over HTTP: the chat, the pages behind links, the staff room, and how the desk is."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from aiohttp import web

from chatbot.channels import Channel, Gone, Later
from chatbot.channels.web import WebChannel
from chatbot.channels.web.limits import Rate
from chatbot.channels.web.request import is_from_our_page, limit_key, network_of
from chatbot.messages import FileRef, Kind
from chatbot.packer import Packer
from chatbot.pages.chat import ChatPage
from chatbot.pages.copy import copy_routes
from chatbot.pages.errors import error_pages
from chatbot.pages.health import Probe, health_routes
from chatbot.pages.my import my_routes
from chatbot.pages.notme import notme_routes
from chatbot.pages.onetime import OneTimePages
from chatbot.pages.room import Live, Room, Work, room_routes
from chatbot.pages.security import secure
from chatbot.pages.static import Static
from chatbot.pages.verifier import verification_file
from chatbot.pages.verify import verify_routes
from chatbot.request_shelf import RequestShelf
from chatbot.settings import Settings
from chatbot.shelf import EvidenceShelf
from chatbot.shop import Shop
from chatbot.texts import Texts

BODY_LIMIT = 1024 * 1024
"""Bytes of a request's body; file uploads are streamed and have a limit of their own."""

LINK_TRIES_PER_SECOND, LINK_TRIES_AT_ONCE = 0.2, 10
"""How often one network may try a one-time link; its 256 bits cannot be guessed anyway."""

SIGN_IN_TRIES_PER_SECOND, SIGN_IN_TRIES_AT_ONCE = 0.2, 30
"""How often one network may try to join or to sign in: an office shares one, and each try costs a hash."""


@dataclass
class Site:
    """The desk's doors. ``routes`` are added to its own; ``outlets`` name the outlet for each kind of
    contact; ``framed_by`` are the sources whose pages may show the staff room in a frame; ``committed``
    says that something was queued."""

    settings: Settings
    shop: Shop
    texts: Texts
    now: Callable[[], datetime]
    wall: Callable[[], datetime]
    committed: Callable[[], None]
    channels: Sequence[Channel]
    chat: WebChannel
    outlets: Mapping[Kind, str]
    shelf: EvidenceShelf
    request_shelf: RequestShelf
    packer: Packer
    framed_by: tuple[str, ...]
    routes: Iterable[web.RouteDef]
    live: Live = field(init=False)

    def __post_init__(self) -> None:
        self._static = Static()
        page, outlets = self.settings.public_url, self.outlets
        shelves = self.shelf, self.request_shelf
        self._work = Work(self._room(), *shelves, self._fetched, outlets, self.committed, page)
        self.live = Live(self._work)

    def server(self, probes: Mapping[str, Probe], outlet_probes: Mapping[str, Probe]) -> web.Application:
        """The application, to be started."""
        settings, shop, static = self.settings, self.shop, self._static
        pages = error_pages(self.texts, static, shop)
        server = web.Application(middlewares=[pages], client_max_size=BODY_LIMIT)
        server.on_response_prepare.append(secure)
        page = ChatPage(
            self.texts,
            static,
            self.chat.recognise,
            shop=shop.name,
            email=shop.email,
            starters=("dulieu", "chinhsach", "nhanvien", "menu"),
            frame_ancestors=settings.frame_ancestors,
            public_url=settings.public_url,
            verifier=settings.zalo_verifier,
        )
        server.add_routes([*static.routes(), *page.routes(), *self.chat.routes(), *self.routes])
        tries = Rate(LINK_TRIES_PER_SECOND, LINK_TRIES_AT_ONCE)
        common = (self.texts, static, shop, self.now)

        def wait(request: web.Request) -> float:
            return tries.wait(self._network(request))

        links = OneTimePages(*common, from_our_page=self._from_our_page, wait=wait)
        server.add_routes([*my_routes(links), *copy_routes(links, self.packer.read)])
        server.add_routes(notme_routes(*common, wait=wait, committed=self.committed))
        server.add_routes(verify_routes(self.texts, static, shop, wait=wait))
        server.add_routes(room_routes(self._work, self.live))
        server.add_routes(health_routes(probes, others=outlet_probes))
        if settings.zalo_verifier:
            server.add_routes([verification_file(settings.zalo_verifier)])
        return server

    def _room(self) -> Room:
        tries = Rate(SIGN_IN_TRIES_PER_SECOND, SIGN_IN_TRIES_AT_ONCE)
        return Room(
            self.texts,
            self._static,
            self.shop,
            self.now,
            self.wall,
            secure=(self.settings.public_url or "").startswith("https://"),
            from_our_page=self._from_our_page,
            network=self._network,
            wait=lambda request: tries.wait(self._network(request)),
            framed_by=self.framed_by,
            group=self.settings.telegram_staff_chat is not None,
        )

    async def _fetched(self, channel: str, file: FileRef) -> AsyncIterator[bytes]:
        """A file from the channel of a name, for the staff room. Raises LookupError where it is gone."""
        found = next((one for one in self.channels if one.name == channel), None)
        if found is None:
            raise LookupError(channel)
        try:
            async for piece in found.fetch(file):
                yield piece
        except (Gone, Later) as error:
            raise LookupError(channel) from error

    def _from_our_page(self, request: web.Request) -> bool:
        return is_from_our_page(request, self.settings.public_url)

    def _network(self, request: web.Request) -> str:
        return limit_key(network_of(request, self.settings.trusted_proxy))
