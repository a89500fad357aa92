"""``/copy``: the download of a package, by a one-time link.

The link is ``/copy#TOKEN``. What stands behind ``#`` never leaves the browser by itself, so neither the
``GET`` nor a robot that previews the link spends anything: only the button's ``POST`` does, and is answered
with the file. The page sends a secret of its browser along: if a download breaks off, that one may try again.
"""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Callable
from datetime import datetime

from aiohttp import web
from pydantic import BaseModel, Field, ValidationError

from chatbot.clock import local_date
from chatbot.pages.static import FOLDER, Static
from chatbot.pages.template import fill, json_block, language_of, load
from chatbot.shop import Shop
from chatbot.texts import Texts
from models.database import run_tx
from models.package import AGAIN, LIFE, Package

HEADER = "X-Desk-Copy"
"""A header that no form of a foreign page can set without asking us first (CORS preflight)."""


class _Opening(BaseModel):
    token: str = Field(max_length=200, repr=False)
    browser: str = Field(min_length=20, max_length=200, repr=False)


def copy_routes(
    texts: Texts,
    static: Static,
    shop: Shop,
    now: Callable[[], datetime],
    *,
    read: Callable[[Package], AsyncIterator[bytes]],
    from_our_page: Callable[[web.Request], bool],
    wait: Callable[[web.Request], float],
) -> list[web.RouteDef]:
    """``GET /copy`` and ``POST /copy``.

    ``read`` gives the bytes of a package. ``from_our_page`` says whether a request's Origin is our own.
    ``wait`` takes one try from the sender's network address and gives 0, or the seconds until the next one is
    allowed.
    """
    template = load(FOLDER / "copy.html")
    pages = {language: _page(template, texts, static, shop, language) for language in texts.locales}

    async def show(request: web.Request) -> web.Response:
        language = language_of(request, texts)
        return web.Response(text=pages[language], content_type="text/html", charset="utf-8")

    async def spend(request: web.Request) -> web.StreamResponse:
        """Wrong, spent and expired links are told apart neither by the answer nor by the way to it."""
        if HEADER not in request.headers or not from_our_page(request):
            return _no("not_from_our_page", 403)
        if seconds := wait(request):
            return _no("slow", 429, retry_after=math.ceil(seconds))
        if request.content_type != "application/json":
            return _no("not_json", 415)
        try:
            asked = _Opening.model_validate_json(await request.read())
        except ValidationError:
            return _no("no_token", 400)
        at = now()
        package = await run_tx(lambda: Package.fetch(asked.token, asked.browser, at))
        if package is None:
            return _no("gone", 410)
        pieces = read(package)
        try:
            # The first piece before the status: afterwards only hanging up is left to say that it failed.
            first = await anext(pieces)
        except LookupError:
            return _no("gone", 410)
        name = f"{texts.get(language_of(request, texts), 'copy.file')}-{local_date(package.asked_at)}.zip"
        answer = web.StreamResponse(
            headers={
                "Content-Type": "application/zip",
                "Content-Length": str(package.size),
                "Content-Disposition": f'attachment; filename="{name}"',
                # A web server in front must not put it down on its own disk, in the clear.
                "X-Accel-Buffering": "no",
            }
        )
        await answer.prepare(request)
        await answer.write(first)
        async for piece in pieces:
            await answer.write(piece)
        await answer.write_eof()
        return answer

    return [web.get("/copy", show), web.post("/copy", spend)]


def _page(template: str, texts: Texts, static: Static, shop: Shop, language: str) -> str:
    facts = {"shop": shop.name, "email": shop.email, "life": LIFE, "again": AGAIN}
    keys = [*texts.domain(language, "copy"), "web.chat.language_label"]
    words = {key: texts.get(language, key, **facts) for key in keys}
    languages = [
        fill(
            '<a href="?lang=${locale}" lang="${locale}" hreflang="${locale}">${name}</a>',
            {"locale": locale, "name": texts.get(locale, "web.language_name")},
        )
        for locale in texts.locales
        if locale != language
    ]
    setup = {"language": language, "texts": words, "header": HEADER}
    return fill(
        template,
        words | {"lang": language, "base": static.base, "shop": shop.name},
        trusted={"languages": "".join(languages), "setup": json_block(setup)},
    )


def _no(code: str, status: int, *, retry_after: int | None = None) -> web.Response:
    headers = {"Retry-After": str(retry_after)} if retry_after else None
    return web.json_response({"error": code}, status=status, headers=headers)
