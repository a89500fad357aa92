"""Who may see a page of the staff room: the cookie, and what is asked of a request that changes something."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from urllib.parse import urlencode

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler

from chatbot.crypto import SealBroken
from chatbot.logs import describe
from chatbot.pages.room.base import Member, Room
from chatbot.pages.room.forms import HOME, form_token, is_meant, safe_next
from models.keys import SYSTEM, SubjectKey
from models.roles import Act
from models.staff_session import StaffSession

COOKIE = "staff"
SIGN_IN = f"{HOME}/sign-in"

Page = Callable[[web.Request, Member], Awaitable[web.StreamResponse]]

log = structlog.get_logger()

_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


def signed_in(room: Room, page: Page, *, may: Act | None = None) -> Handler:
    """A page for members of staff, or for those alone whose role permits an act.

    Nobody signed in: on to the sign-in, and back from there; a stream of events, which follows to no page,
    gets 401. Not permitted: 403. A request that changes something must come from our own page and carry the
    form's token or the script's header, else 403. What no key opens any more is said to be so: 410.
    """

    async def guarded(request: web.Request) -> web.StreamResponse:
        reads = request.method in ("GET", "HEAD")
        member = await _member(room, request)
        if member is None and request.headers.get("Accept") == "text/event-stream":
            return web.Response(status=401)
        if member is None:
            return _turn_away(room, request) if reads else redirect(SIGN_IN)
        if not reads and not (room.from_our_page(request) and await is_meant(request, member.form)):
            return room.note(request, member.language, "stale", 403, member)
        if may and not member.may(may):
            return room.note(request, member.language, "forbidden", 403, member)
        try:
            return await page(request, member)
        except SealBroken as fault:
            if request.writer.output_size:
                raise  # half of another answer is out already
            resource = request.match_info.route.resource
            log.error("page_unreadable", page=resource and resource.canonical, fault=describe(fault))
            return room.note(request, member.language, "unreadable", 410, member)

    return guarded


def cookie_of(request: web.Request) -> str | None:
    """The cookie of a session, alive or not."""
    cookie = request.cookies.get(COOKIE, "")
    return cookie if _TOKEN.fullmatch(cookie) else None


def give_cookie(room: Room, response: web.Response, cookie: str) -> None:
    """Let a browser stay signed in until it is closed, or the session ends."""
    response.set_cookie(COOKIE, cookie, path=HOME, httponly=True, samesite="Strict", secure=room.secure)


def take_cookie(room: Room, response: web.Response) -> None:
    """Take it back."""
    response.del_cookie(COOKIE, path=HOME, httponly=True, samesite="Strict", secure=room.secure)


def redirect(to: str) -> web.Response:
    """On to another page of ours, by GET."""
    return web.Response(status=303, headers={"Location": to})


async def _member(room: Room, request: web.Request) -> Member | None:
    cookie = cookie_of(request)
    found = await StaffSession.use(cookie, room.now(), room.wall()) if cookie else None
    if cookie is None or found is None:
        return None
    name = found.opened_name(await SubjectKey.of(SYSTEM))
    language = found.language if found.language in room.texts.locales else room.texts.locales[0]
    return Member(found.id, name, found.role, language, form_token(cookie))


def _turn_away(room: Room, request: web.Request) -> web.Response:
    """On to the sign-in. But a browser that follows a link from another site leaves a strict cookie at
    home: it is made to ask again, from our own page, before it counts as not signed in."""
    wanted = safe_next(request.path_qs)
    if request.headers.get("Sec-Fetch-Site") in ("cross-site", "same-site") and COOKIE not in request.cookies:
        language = room.language(request)
        content = room.part("again", language, {"next": wanted})
        response = room.page(request, language, room.words(language)["room.title"], content)
        response.headers["Refresh"] = f"0; url={wanted}"
        return response
    query = ({"next": wanted} if wanted != HOME else {}) | ({"ended": "1"} if cookie_of(request) else {})
    return redirect(f"{SIGN_IN}?{urlencode(query)}" if query else SIGN_IN)
