"""``/staff/join``: an invitation becomes a member of staff with a password and an authenticator app.

The link is ``/staff/join#CODE``. What stands behind ``#`` never leaves the browser by itself: a script puts
it into the form, or the person does where scripts are switched off. Only the last step spends it.
"""

from __future__ import annotations

import math

import segno
from aiohttp import web

from chatbot.pages.room.base import Room
from chatbot.pages.room.forms import HOME, form_of
from chatbot.pages.room.guard import give_cookie, redirect
from chatbot.pages.template import json_block, language_links
from models.password import LEAST
from models.staff_entry import Invitation, Refused, join, open_invitation
from models.totp import app_address

PATH = f"{HOME}/join"


class Joining:
    """The two steps: the code of the invitation, then password and app."""

    def __init__(self, room: Room) -> None:
        self._room = room

    async def ask(self, request: web.Request) -> web.Response:
        """The first form: only the code, which the script fills in."""
        room, language = self._room, self._room.language(request)
        content = room.part("join_code", language)
        heading = room.words(language)["room.join.heading"]
        return room.page(
            request, language, heading, content, tools=language_links(room.texts, language, PATH)
        )

    async def join(self, request: web.Request) -> web.Response:
        """Either step: with the code alone the second form, with the rest the room itself."""
        room, language = self._room, self._room.language(request)
        if not room.from_our_page(request):
            return room.note(request, language, "stale", 403)
        if seconds := room.wait(request):
            response = room.note(request, language, "slow", 429)
            response.headers["Retry-After"] = str(math.ceil(seconds))
            return response
        form = await form_of(request)
        code = form.get("invitation", "").strip()
        if "password" not in form:
            return await self._second(request, code, None, fresh=True)
        password = form["password"]
        if password != form.get("again", ""):
            return await self._second(request, code, "unlike")
        joined = await join(
            code, password, form.get("code", ""), language=language, now=room.now(), wall=room.wall()
        )
        if joined is Refused.GONE:
            return room.note(request, language, "gone", 410)
        if not isinstance(joined, str):
            return await self._second(request, code, joined.value)
        response = redirect(HOME)
        give_cookie(room, response, joined)
        return response

    async def _second(
        self, request: web.Request, code: str, wrong: str | None, *, fresh: bool = False
    ) -> web.Response:
        """The second form, with what is wrong: a text below ``room.join``."""
        room, language = self._room, self._room.language(request)
        invitation = await open_invitation(code, room.now(), fresh=fresh)
        if invitation is None:
            return room.note(request, language, "gone", 410)
        words = room.words(language)
        content = room.part(
            "join",
            language,
            {
                "welcome": room.texts.get(language, "room.say.welcome", name=invitation.name),
                "invitation": code,
                "login": invitation.login,
                "wrong": words[f"room.join.{wrong}"] if wrong else "",
                "least": str(LEAST),
                **self._app(invitation),
            },
            {"setup": json_block({"least": LEAST, "texts": self._strengths(language)})},
        )
        status = 422 if wrong else 200
        return room.page(request, language, words["room.join.heading"], content, status=status)

    def _app(self, invitation: Invitation) -> dict[str, str]:
        """The secret of the app in three forms: for a camera, for this telephone, for typing."""
        address = app_address(invitation.secret, invitation.login, self._room.shop.name)
        picture = segno.make(address, error="m", micro=False)
        secret = invitation.secret
        return {
            "address": address,
            "picture": picture.svg_data_uri(scale=5, border=4, dark="#000", light="#fff"),
            "secret": " ".join(secret[start : start + 4] for start in range(0, len(secret), 4)),
        }

    def _strengths(self, language: str) -> dict[str, str]:
        """What the script says while a password is typed; it fills in how many characters are missing."""
        words = self._room.texts.domain(language, "room")
        names = ("short", "good", "strong", "show", "hide")
        return {f"room.say.{name}": words[f"room.say.{name}"] for name in names}
