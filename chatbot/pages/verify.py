"""``/verify``: whether a certificate or a receipt is genuine, and what it says.

The code is typed into a form and sent in a body, so that no address and no log holds it. Neither script nor
database is needed: the key ring alone decides.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from aiohttp import web

from chatbot.certificate import Certificate, Certified
from chatbot.pages.room.forms import form_of
from chatbot.pages.static import FOLDER, Static
from chatbot.pages.template import fill, language_links, language_of, load
from chatbot.shop import Shop
from chatbot.texts import Texts
from chatbot.values import WithWeekday
from models.keys import ring
from models.receipts import number_in


def verify_routes(
    texts: Texts, static: Static, shop: Shop, *, wait: Callable[[web.Request], float]
) -> list[web.RouteDef]:
    """``GET`` and ``POST /verify``. ``wait`` takes one try from the sender's network address and gives 0, or
    the seconds until the next one."""
    template, card = load(FOLDER / "verify.html"), load(FOLDER / "verify_result.html")

    def page(request: web.Request, result: str = "", typed: str = "") -> web.Response:
        language = language_of(request, texts)
        words = {
            key: texts.get(language, key, shop=shop.name) for key in texts.domain(language, "verify.form")
        }
        words["web.chat.language_label"] = texts.get(language, "web.chat.language_label")
        values = words | {"lang": language, "base": static.base, "shop": shop.name, "typed": typed}
        body = fill(
            template, values, trusted={"languages": language_links(texts, language), "result": result}
        )
        return web.Response(text=body, content_type="text/html", charset="utf-8")

    def answer(request: web.Request, name: str, lines: list[str]) -> str:
        heading = texts.get(language_of(request, texts), f"verify.{name}.heading", shop=shop.name)
        paragraphs = "".join(fill("<p>${line}</p>", {"line": line}) for line in lines)
        return fill(card, {"kind": name, "heading": heading}, trusted={"lines": paragraphs})

    async def show(request: web.Request) -> web.Response:
        return page(request)

    async def check(request: web.Request) -> web.Response:
        language = language_of(request, texts)
        typed = (await form_of(request)).get("code", "").strip()
        if seconds := wait(request):
            slow = page(request, answer(request, "slow", [texts.get(language, "verify.slow.text")]), typed)
            slow.set_status(429)
            slow.headers["Retry-After"] = str(math.ceil(seconds))
            return slow
        certificate = Certificate.read(typed, ring())
        if certificate is None:
            why = texts.get(language, "verify.refused.text", email=shop.email)
            return page(request, answer(request, "refused", [why]), typed)
        return page(request, answer(request, "genuine", _says(texts, language, certificate)))

    return [web.get("/verify", show), web.post("/verify", check)]


def _says(texts: Texts, language: str, certificate: Certificate) -> list[str]:
    kind = certificate.kind.name.lower()
    erased = certificate.kind in (Certified.ERASED, Certified.EXPIRED)
    lines = [texts.get(language, f"verify.says.{kind}", on=certificate.on)]
    if number := number_in(certificate):
        lines.append(texts.get(language, "verify.number", number=number))
    if erased:
        lines.append(texts.get(language, f"verify.elsewhere.{certificate.elsewhere.name.lower()}"))
    if certificate.until:
        lines.append(texts.get(language, "verify.until", until=WithWeekday(certificate.until)))
    return [*lines, texts.get(language, "verify.nobody")]
