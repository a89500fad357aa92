"""``/demo/room``: the demo's way into the staff room, by the sign-in that everybody uses.

``POST`` signs this browser in: 204 with the ordinary cookie, or 502 where the room did not let the sample
member in. ``GET`` answers what is typed to sign in by hand, ``{"login": "...", "password": "...",
"code": "123456"}``; the code is good for half a minute or more, and once.
"""

from __future__ import annotations

from collections.abc import Iterable
from http.cookies import Morsel
from typing import Protocol

from aiohttp import web

from chatbot.pages.demo import from_this_page


class Member(Protocol):
    """A member of staff whom anybody may be."""

    login: str
    password: str

    @property
    def code(self) -> str:
        """What the authenticator app shows."""

    async def sign_in(self) -> Morsel[str] | None:
        """The cookie of a new session, or None."""


def demo_room_routes(member: Member) -> Iterable[web.RouteDef]:
    """Signing in, and what to sign in with."""

    async def sign_in(request: web.Request) -> web.Response:
        from_this_page(request)
        cookie = await member.sign_in()
        if cookie is None:
            raise web.HTTPBadGateway(text="the staff room did not open")
        return web.Response(status=204, headers={"Set-Cookie": cookie.OutputString()})

    async def by_hand(request: web.Request) -> web.Response:
        return web.json_response({"login": member.login, "password": member.password, "code": member.code})

    return [web.post("/demo/room", sign_in), web.get("/demo/room", by_hand)]
