"""The staff room on a port of this machine, and a browser without scripts in front of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from html import unescape
from http.cookies import Morsel
from pathlib import Path
from re import findall, search
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlencode

import aiohttp
import pyotp
from aiohttp import web
from yarl import URL

from chatbot.channels.web.limits import Rate
from chatbot.channels.web.request import is_from_our_page, limit_key, network_of
from chatbot.messages import FileRef, Kind
from chatbot.pages.room import Live, Room, Work, room_routes
from chatbot.pages.room.guard import Page, signed_in
from chatbot.pages.static import Static
from chatbot.request_shelf import RequestShelf
from chatbot.shelf import EvidenceShelf
from chatbot.shop import load_shop
from chatbot.texts import Texts
from chatbot.vault import Vault
from models.roles import Act
from tests.page_server import serving
from tests.staff import NOW, PASSWORD, Colleague


@dataclass
class RoomServer:
    """Where it answers, and the real time that it goes by."""

    rate: Rate
    url: str = ""
    wall: datetime = NOW
    now: datetime = NOW
    shelf: EvidenceShelf | None = None
    letters: RequestShelf | None = None
    outlets: dict[Kind, str] = field(default_factory=dict)
    commits: int = 0

    def later(self, span: timedelta) -> None:
        """Move that time on."""
        self.wall += span

    def committed(self) -> None:
        """The room says that something was queued."""
        self.commits += 1


GREETING = b"content of "
"""How every file begins that a customer sent."""


async def sent_file(channel: str, file: FileRef) -> AsyncIterator[bytes]:
    """What a customer sent by a channel."""
    if file.handle == "gone":
        raise LookupError(channel)
    yield GREETING
    yield file.handle.encode()


@asynccontextmanager
async def room_serving(
    *,
    pages: Iterable[tuple[str, Page, Act | None]] = (),
    public_url: str | None = None,
    rate: Rate | None = None,
) -> AsyncIterator[RoomServer]:
    """The room, with more pages of the test's own: path, page, and the act that it takes."""
    server = RoomServer(rate=rate or Rate(100.0, 10_000))

    def network(request: web.Request) -> str:
        return limit_key(network_of(request, None))

    room = Room(
        Texts.load(),
        Static(),
        load_shop(),
        lambda: server.now,
        lambda: server.wall,
        secure=(public_url or "").startswith("https://"),
        from_our_page=partial(is_from_our_page, public_url=public_url),
        network=network,
        wait=lambda request: server.rate.wait(network(request)),
        group=True,
    )
    more = [web.route("*", path, signed_in(room, page, may=act)) for path, page, act in pages]
    with TemporaryDirectory() as folder:
        shelf = EvidenceShelf(Vault(Path(folder) / "evidence", "evidence"), room.shop.calendar)
        letters = RequestShelf(Vault(Path(folder) / "letters", "request_file"))
        work = Work(
            room, shelf, letters, sent_file, server.outlets, server.committed, "https://desk.example.vn"
        )
        live = Live(work)
        async with serving(*room_routes(work, live), *more) as desk:
            server.url, server.shelf, server.letters = desk.url, shelf, letters
            yield server
            await live.close()


@dataclass
class Answer:
    """What a browser got."""

    status: int
    text: str
    headers: Any
    cookies: dict[str, Morsel[str]]

    @property
    def to(self) -> str:
        """Where it is sent on to."""
        return str(self.headers.get("Location", ""))

    def field(self, name: str) -> str:
        """The value of a hidden field."""
        found = search(rf'name="{name}" value="([^"]*)"', self.text)
        assert found, name
        return unescape(found[1])

    @property
    def said(self) -> str:
        """What stands in alerts and notices."""
        return " ".join(
            unescape(words) for words in findall(r'role="(?:alert|status)">([^<]*)<', self.text)
        ).strip()


def a_profile() -> aiohttp.ClientSession:
    """A browser's cookies; those of an address in digits too, as a server on loopback has one."""
    return aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))


class Browser:
    """Keeps cookies, follows nothing by itself, and sends what a browser would send along."""

    def __init__(self, server: RoomServer, session: aiohttp.ClientSession) -> None:
        self.server = server
        self.session = session

    async def ask(self, method: str, path: str, **options: Any) -> Answer:
        """Any request, as it is."""
        url = URL(self.server.url + path, encoded=True)
        async with self.session.request(method, url, allow_redirects=False, **options) as got:
            return Answer(got.status, await got.text(), got.headers, dict(got.cookies))

    async def get(self, path: str, **headers: str) -> Answer:
        """A page."""
        return await self.ask("GET", path, headers=headers)

    async def send(self, path: str, form: dict[str, str], *, origin: str | None = None) -> Answer:
        """A form, from our own page or from another origin; ``origin=""`` sends none."""
        origin = self.server.url if origin is None else origin
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            **({"Origin": origin} if origin else {}),
        }
        return await self.ask("POST", path, data=urlencode(form).encode(), headers=headers)

    async def sign_in(self, who: Colleague, **changed: str) -> Answer:
        """The form of the sign-in, filled in; by default with everything right."""
        form = {"login": who.login, "password": PASSWORD, "code": pyotp.TOTP(who.secret).at(self.server.wall)}
        return await self.send("/staff/sign-in", form | changed)
