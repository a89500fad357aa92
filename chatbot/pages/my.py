"""``/my``: everything that the shop holds on one customer, in full, by a one-time link."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from unicodedata import normalize

from aiohttp import web

from chatbot.pages.onetime import OneTimePages, Press, refused
from chatbot.pages.template import language_of
from chatbot.shop import Shop
from chatbot.texts import Texts
from models.customer import Customer
from models.database import run_tx
from models.event import Event, Tag
from models.holding import Line, about, held
from models.legal_hold import LegalHold
from models.link import LIFE, PageLink
from models.record_opening import MOST_TOLD, Opening, openings

IDLE = timedelta(minutes=10)
"""How long the data stays on the screen while nobody touches the page."""
WARNING = timedelta(minutes=1)
"""How long before that the page says so."""


def my_routes(pages: OneTimePages) -> list[web.RouteDef]:
    """``GET /my`` and ``POST /my``."""

    async def spend(request: web.Request, press: Press) -> web.Response:
        at = pages.now()
        opened = await run_tx(lambda: _open(press.token, at))
        if isinstance(opened, str):
            return refused(opened)
        language = language_of(request, pages.texts)
        return web.json_response(_told(pages.texts, language, pages.shop, opened, at))

    millisecond = timedelta(milliseconds=1)
    return pages.routes(
        "my",
        spend,
        Press,
        {"life": LIFE, "idle": IDLE, "warning": WARNING},
        also=("profile.gone",),
        later=("my.held.as_of",),
        setup={"idle_ms": IDLE // millisecond, "warning_ms": WARNING // millisecond},
    )


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
    why = about(opened.record, opened.hold, years=shop.retention_years)
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
