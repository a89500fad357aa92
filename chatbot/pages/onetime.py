"""Pages behind a one-time link: what ``/my`` and ``/copy`` share.

The link is ``/NAME#TOKEN``. What stands behind ``#`` never leaves the browser by itself, so neither the
``GET`` nor a robot that previews the link spends anything: only the button's ``POST`` does.
"""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from aiohttp import web
from pydantic import BaseModel, Field, ValidationError

from chatbot.pages.static import FOLDER, Static
from chatbot.pages.template import fill, json_block, language_links, language_of, load
from chatbot.shop import Shop
from chatbot.texts import Texts

HEADER = "X-Desk-Link"
"""A header that no form of a foreign page can set without asking us first (CORS preflight)."""


class Press(BaseModel):
    """What the page sends when its button is pressed."""

    token: str = Field(max_length=200, repr=False)


P = TypeVar("P", bound=Press)


@dataclass(frozen=True)
class OneTimePages:
    """``from_our_page`` says whether a request's Origin is our own. ``wait`` takes one try from the sender's
    network address and gives 0, or the seconds until the next one is allowed. The headers that keep a page
    out of caches and other sites' logs are those of ``security.secure``."""

    texts: Texts
    static: Static
    shop: Shop
    now: Callable[[], datetime]
    from_our_page: Callable[[web.Request], bool]
    wait: Callable[[web.Request], float]

    def routes(
        self,
        name: str,
        spend: Callable[[web.Request, P], Awaitable[web.StreamResponse]],
        sent: type[P],
        facts: Mapping[str, object],
        *,
        also: tuple[str, ...] = (),
        later: tuple[str, ...] = (),
        setup: Mapping[str, object] | None = None,
    ) -> list[web.RouteDef]:
        """``GET /NAME`` and ``POST /NAME``: the template and the script NAME, with the texts of that domain
        and those of ``also``, into which ``facts`` go, but ``later``, which are said with the answer.
        ``setup`` is for the script. ``spend`` answers a press that passed every check, and ``refused`` is its
        answer to a link that opens nothing."""
        pages = {}
        known = {"shop": self.shop.name, "email": self.shop.email, **facts}
        for language in self.texts.locales:
            keys = {*self.texts.domain(language, name), *also}.difference(later)
            words = {key: self.texts.get(language, key, **known) for key in sorted(keys)}
            pages[language] = self._page(name, language, words, setup or {})

        async def show(request: web.Request) -> web.Response:
            page = pages[language_of(request, self.texts)]
            return web.Response(text=page, content_type="text/html", charset="utf-8")

        async def press(request: web.Request) -> web.StreamResponse:
            """Wrong, spent and expired links are told apart neither by the answer nor by the way to it."""
            if HEADER not in request.headers or not self.from_our_page(request):
                return refused("not_from_our_page", 403)
            if seconds := self.wait(request):
                slow = refused("slow", 429)
                slow.headers["Retry-After"] = str(math.ceil(seconds))
                return slow
            if request.content_type != "application/json":
                return refused("not_json", 415)
            try:
                pressed = sent.model_validate_json(await request.read())
            except ValidationError:
                return refused("no_token", 400)
            return await spend(request, pressed)

        return [web.get(f"/{name}", show), web.post(f"/{name}", press)]

    def _page(self, name: str, language: str, words: Mapping[str, str], setup: Mapping[str, object]) -> str:
        texts = self.texts
        script = {"name": name, "language": language, "texts": words, "header": HEADER, **setup}
        return fill(
            _FRAME,
            {
                **{key.removeprefix(f"{name}."): text for key, text in words.items()},
                "name": name,
                "lang": language,
                "base": self.static.base,
                "shop": self.shop.name,
                "language_label": texts.get(language, "web.chat.language_label"),
            },
            trusted={
                "languages": language_links(texts, language),
                "setup": json_block(script),
                "then": fill(load(FOLDER / f"{name}.html"), words),
            },
        )


_FRAME = load(FOLDER / "onetime.html")


def refused(code: str, status: int = 410) -> web.Response:
    """An answer that gives nothing away but why, which the page's script puts into words."""
    return web.json_response({"error": code}, status=status)
