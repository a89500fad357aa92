"""In and out of the staff room: ``/staff/sign-in``, ``/staff/sign-out``, ``/staff/language``."""

from __future__ import annotations

import math
from urllib.parse import quote

from aiohttp import web

from chatbot.pages.room.base import Member, Room
from chatbot.pages.room.forms import form_of, safe_next
from chatbot.pages.room.guard import SIGN_IN, cookie_of, give_cookie, redirect, take_cookie
from chatbot.pages.template import language_links
from models.database import run_tx
from models.staff import StaffMember
from models.staff_entry import TRIES, Refused, sign_in
from models.staff_session import StaffSession

_SHOWN = 100
"""Characters of a login that are shown again when something was wrong."""


class Entry:
    """Signing in and out, and the language of a member."""

    def __init__(self, room: Room) -> None:
        self._room = room

    async def ask(self, request: web.Request) -> web.Response:
        """The form; for whoever is signed in already, the page beyond."""
        room, wanted = self._room, safe_next(request.query.get("next", ""))
        cookie = cookie_of(request)
        if cookie and await StaffSession.use(cookie, room.now(), room.wall()):
            return redirect(wanted)
        said = next((name for name in ("ended", "out") if name in request.query), None)
        return self._form(request, wanted, said=said)

    async def sign_in(self, request: web.Request) -> web.Response:
        """Wrong logins, passwords and codes are told apart neither by the answer nor by the way to it."""
        room, language = self._room, self._room.language(request)
        if not room.from_our_page(request):
            return room.note(request, language, "stale", 403)
        form = await form_of(request)
        wanted, login = safe_next(form.get("next", "")), form.get("login", "")
        if seconds := room.wait(request):
            return self._form(request, wanted, login, said="slow", status=429, wait=math.ceil(seconds))
        result = await sign_in(
            login,
            form.get("password", ""),
            form.get("code", ""),
            network=room.network(request),
            now=room.now(),
            wall=room.wall(),
        )
        if result is Refused.TOO_MANY:
            wait = int(TRIES.window.total_seconds())
            return self._form(request, wanted, login, said="slow", status=429, wait=wait)
        if isinstance(result, Refused):
            return self._form(request, wanted, login, said="wrong", status=401)
        response = redirect(wanted)
        give_cookie(room, response, result)
        return response

    async def sign_out(self, request: web.Request, member: Member) -> web.Response:
        """End this browser's session."""
        room, cookie = self._room, cookie_of(request) or ""
        await run_tx(lambda: StaffSession.end(cookie, room.now()))
        response = redirect(f"{SIGN_IN}?out=1&lang={member.language}")
        take_cookie(room, response)
        return response

    async def speak(self, request: web.Request, member: Member) -> web.Response:
        """Another language, from now on and in every browser."""
        form = await form_of(request)
        language = form.get("language", "")
        if language in self._room.texts.locales:
            await StaffMember.speak(member.id, language)
        return redirect(safe_next(form.get("next", "")))

    def _form(
        self,
        request: web.Request,
        wanted: str,
        login: str = "",
        *,
        said: str | None = None,
        status: int = 200,
        wait: int | None = None,
    ) -> web.Response:
        """``said`` is what happened, by its text ``room.sign_in.SAID``; an alert where it went wrong."""
        room, language = self._room, self._room.language(request)
        words = room.words(language)
        content = room.part(
            "sign_in",
            language,
            {
                "next": wanted,
                "login": login[:_SHOWN],
                "said": words[f"room.sign_in.{said}"] if said else "",
                "live": "status" if status == 200 else "alert",
                "kind": "notice" if status == 200 else "problem",
            },
        )
        tools = language_links(room.texts, language, SIGN_IN, f"&next={quote(wanted, safe='')}")
        response = room.page(
            request, language, words["room.sign_in.heading"], content, tools=tools, status=status
        )
        if wait:
            response.headers["Retry-After"] = str(wait)
        return response
