"""``/my``: everything that the shop holds on one customer, in full, by a one-time link.

The link is ``/my#TOKEN``. What stands behind ``#`` never leaves the browser by itself, so neither the ``GET``
nor a robot that previews the link spends anything: only the button's ``POST`` does.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from unicodedata import normalize

from aiohttp import web
from pydantic import BaseModel, Field, ValidationError

from chatbot.pages.static import FOLDER, Static
from chatbot.pages.template import fill, json_block, language_of, load
from chatbot.shop import Shop
from chatbot.texts import Texts
from models.customer import Customer
from models.database import run_tx
from models.event import Event, Tag
from models.holding import Line, about, held
from models.legal_hold import LegalHold
from models.link import LIFE, PageLink
from models.record_opening import MOST_TOLD, Opening, openings

HEADER = "X-Desk-My"
"""A header that no form of a foreign page can set without asking us first (CORS preflight)."""
IDLE = timedelta(minutes=10)
"""How long the data stays on the screen while nobody touches the page."""
WARNING = timedelta(minutes=1)
"""How long before that the page says so."""


class _Opening(BaseModel):
    token: str = Field(max_length=200, repr=False)


def my_routes(
    texts: Texts,
    static: Static,
    shop: Shop,
    now: Callable[[], datetime],
    *,
    from_our_page: Callable[[web.Request], bool],
    wait: Callable[[web.Request], float],
) -> list[web.RouteDef]:
    """``GET /my`` and ``POST /my``.

    ``from_our_page`` says whether a request's Origin is our own. ``wait`` takes one try from the sender's
    network address and gives 0, or the seconds until the next one is allowed. The headers that keep the page
    out of caches and other sites' logs are those of ``security.secure``.
    """
    template = load(FOLDER / "my.html")
    pages = {language: _page(template, texts, static, shop, language) for language in texts.locales}

    async def show(request: web.Request) -> web.Response:
        language = language_of(request, texts)
        return web.Response(text=pages[language], content_type="text/html", charset="utf-8")

    async def spend(request: web.Request) -> web.Response:
        """Wrong, spent and expired links are told apart neither by the answer nor by the way to it."""
        if HEADER not in request.headers or not from_our_page(request):
            return _no("not_from_our_page", 403)
        if seconds := wait(request):
            return _no("slow", 429, retry_after=math.ceil(seconds))
        if request.content_type != "application/json":
            return _no("not_json", 415)
        try:
            token = _Opening.model_validate_json(await request.read()).token
        except ValidationError:
            return _no("no_token", 400)
        at = now()
        opened = await run_tx(lambda: _open(token, at))
        if isinstance(opened, str):
            return _no(opened, 410)
        return web.json_response(_told(texts, language_of(request, texts), shop, opened, at))

    return [web.get("/my", show), web.post("/my", spend)]


@dataclass(frozen=True, slots=True)
class _Opened:
    """A record, what it holds, whether it is under a legal hold, and who of the staff has looked at it."""

    record: Customer
    lines: list[Line]
    hold: LegalHold | None
    lookups: list[Opening]
    more: int


async def _open(token: str, now: datetime) -> _Opened | str:
    """Spend a link and read what it opens, or say why not: all of it or nothing, in one transaction."""
    link = await PageLink.spend(token, now)
    if link is None:
        return "gone"
    await Event.record(Tag.LINK_SPENT, now, chat=link.chat, customer=link.customer)
    record = await Customer.load(link.customer)
    if record is None:
        return "no_record"
    await Event.record(Tag.RECORD_SHOWN, now, chat=link.chat, customer=record.id)
    return _Opened(record, held(record), await LegalHold.of(record), *await openings(record.id, MOST_TOLD))


def _told(texts: Texts, language: str, shop: Shop, opened: _Opened, now: datetime) -> dict[str, object]:
    """What the page shows. Plain text throughout: the page never reads any of it as HTML."""

    def say(key: str, **params: object) -> str:
        return texts.get(language, key, **params)

    looked = [
        say(
            "lookups.line",
            at=one.at,
            role=say(f"lookups.role.{one.role}"),
            why=say(f"lookups.why.{one.reason}"),
        ).removeprefix("• ")
        for one in opened.lookups
    ]
    why = about(opened.record, opened.hold, years=shop.retention_years, email=shop.email)
    return {
        "heading": say("profile.held", shop=shop.name),
        "lines": [
            _line(say(line.key, **line.shown(lambda value, _: value)), line.value) for line in opened.lines
        ],
        "about": [say(key, **params) for key, params in why],
        "lookups": looked or [say("lookups.nobody", shop=shop.name)],
        "more": say("lookups.more", count=opened.more) if opened.more else "",
        "as_of": say("my.held.as_of", shop=shop.name, at=now),
    }


def _line(words: str, value: str) -> dict[str, str]:
    """The bullet is for chats. The value is set off where the words end with it."""
    words, value = words.removeprefix("• "), normalize("NFC", value)
    label = words.removesuffix(value)
    return {"label": label, "value": words[len(label) :]}


def _page(template: str, texts: Texts, static: Static, shop: Shop, language: str) -> str:
    facts = {"shop": shop.name, "email": shop.email, "life": LIFE, "idle": IDLE, "warning": WARNING}
    keys = [*texts.domain(language, "my"), "profile.gone", "web.chat.language_label"]
    # This one is said with the data alone: its time is not known yet.
    words = {key: texts.get(language, key, **facts) for key in keys if key != "my.held.as_of"}
    languages = [
        fill(
            '<a href="?lang=${locale}" lang="${locale}" hreflang="${locale}">${name}</a>',
            {"locale": locale, "name": texts.get(locale, "web.language_name")},
        )
        for locale in texts.locales
        if locale != language
    ]
    setup = {
        "language": language,
        "texts": words,
        "header": HEADER,
        "idle_ms": IDLE // timedelta(milliseconds=1),
        "warning_ms": WARNING // timedelta(milliseconds=1),
    }
    return fill(
        template,
        words | {"lang": language, "base": static.base, "shop": shop.name},
        trusted={"languages": "".join(languages), "setup": json_block(setup)},
    )


def _no(code: str, status: int, *, retry_after: int | None = None) -> web.Response:
    headers = {"Retry-After": str(retry_after)} if retry_after else None
    return web.json_response({"error": code}, status=status, headers=headers)
