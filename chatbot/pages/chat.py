"""``GET /``: the page of the web chat, and ``GET /chat/snippet.js`` that puts it on the shop's own site."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from urllib.parse import urlsplit

import orjson
from aiohttp import web

from chatbot.pages.security import page_policy
from chatbot.pages.static import FOLDER, Static
from chatbot.pages.template import fill, json_block, language_links, language_of, load
from chatbot.pages.verifier import verification_tag
from chatbot.texts import Texts

Recognise = Callable[[web.Request, web.StreamResponse], None]
"""Gives the browser the cookie by which the channel knows it again."""


class ChatPage:
    """The page and the snippet.

    ``starters`` are the commands offered while the chat is empty, without the slash; each has its label
    under ``web.chat.starter.NAME``. ``frame_ancestors`` are the origins that may show the chat in a frame.
    ``verifier`` is the code by which Zalo sees whose the domain is.
    """

    def __init__(
        self,
        texts: Texts,
        static: Static,
        recognise: Recognise,
        *,
        shop: str,
        email: str,
        starters: tuple[str, ...],
        frame_ancestors: tuple[str, ...] = (),
        public_url: str | None = None,
        verifier: str | None = None,
        max_file: int = 20 * 1024 * 1024,
    ) -> None:
        self._texts = texts
        self._static = static
        self._recognise = recognise
        self._shop = shop
        self._email = email
        self._starters = starters
        self._frame_ancestors = frame_ancestors
        self._public_url = public_url
        self._verification = verification_tag(verifier)
        self._max_file = max_file
        self._page = load(FOLDER / "chat.html")
        self._snippet = (FOLDER / "snippet.js").read_text(encoding="utf-8")

    def routes(self) -> Iterable[web.RouteDef]:
        """What a browser opens, and what the shop's own pages load."""
        return [web.get("/", self._show), web.get("/chat/snippet.js", self._embed)]

    async def _show(self, request: web.Request) -> web.Response:
        language = language_of(request, self._texts)
        words = self._words(language)
        body = fill(
            self._page,
            words | {"lang": language, "base": self._static.base},
            trusted={
                "verification": self._verification,
                "languages": language_links(self._texts, language),
                "setup": json_block(
                    {
                        "language": language,
                        "texts": words,
                        "max_file": self._max_file,
                        "starters": [
                            {"send": f"/{name}", "label": words[f"web.chat.starter.{name}"]}
                            for name in self._starters
                        ],
                    }
                ),
            },
        )
        framed_by = ("'self'", *self._frame_ancestors)
        response = web.Response(text=body, content_type="text/html", charset="utf-8")
        response.headers["Content-Security-Policy"] = page_policy(request, framed_by=framed_by)
        response.headers["Content-Language"] = language
        self._recognise(request, response)
        return response

    async def _embed(self, request: web.Request) -> web.Response:
        """The browser itself says whether the page that loads this is of our site. Only there does it
        send the chat's cookie from within a frame; elsewhere, and where it does not say, a tab opens."""
        same_site = request.headers.get("Sec-Fetch-Site") in ("same-origin", "same-site")
        language = language_of(request, self._texts)
        words = self._words(language)
        setup = {
            "chat": f"{self._origin(request)}/?lang={language}",
            "framed": same_site,
            "hosts": self._frame_ancestors,
            "open": words["web.embed.open"],
            "close": words["web.embed.close"],
            "tab": words["web.embed.tab"],
            "title": words["web.chat.title"],
        }
        script = self._snippet.replace("__SETUP__", orjson.dumps(setup).decode())
        return web.Response(
            text=script,
            content_type="text/javascript",
            charset="utf-8",
            headers={
                "Cache-Control": "private, max-age=300",
                "Vary": "Sec-Fetch-Site, Accept-Language",
                "Cross-Origin-Resource-Policy": "cross-origin",
            },
        )

    def _words(self, language: str) -> dict[str, str]:
        """Shop and e-mail are put in here; what is left in braces the script fills in."""
        return {
            key: words.replace("{shop}", self._shop).replace("{email}", self._email)
            for key, words in self._texts.domain(language, "web").items()
        }

    def _origin(self, request: web.Request) -> str:
        if self._public_url:
            parts = urlsplit(self._public_url)
            return f"{parts.scheme}://{parts.netloc}"
        return f"{request.scheme}://{request.host}"
