"""A real server with our own pages on a port of this machine, as the program puts them together."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import partial

from aiohttp import web

from chatbot.channels.web.limits import Rate
from chatbot.channels.web.request import is_from_our_page, limit_key, network_of
from chatbot.messages import Kind
from chatbot.pages.errors import error_pages
from chatbot.pages.my import my_routes
from chatbot.pages.onetime import OneTimePages
from chatbot.pages.security import secure
from chatbot.pages.static import Static
from chatbot.shop import load_shop
from chatbot.texts import Texts
from models.customer import Customer, Profile
from models.database import run_tx
from models.keys import new_id
from models.link import PageLink

NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
HOSTILE = "</script><img src=x onerror=alert(1)>{shop}\u202e&amp;\n<b>khách quen</b>"

MAI = Profile(
    "Nguyễn Thị Mai",
    phone="+84900000001",
    email="mai@example.com",
    address="12 Hàng Bạc, Hà Nội",
    birthday=date(1990, 11, 20),
    note=HOSTILE,
    external_id="KH-0001",
    extra={"Sở thích <i>": "bóng bay"},
)


@dataclass
class Desk:
    """Where it answers, and the clock that it goes by."""

    url: str = ""
    now: datetime = NOW
    rate: Rate = field(default_factory=lambda: Rate(10.0, 1000))

    def later(self, span: timedelta) -> None:
        """Move its clock."""
        self.now += span


@asynccontextmanager
async def serving(*more: web.RouteDef, desk: Desk | None = None) -> AsyncIterator[Desk]:
    """The pages behind their middleware and headers, with ``more`` routes of the test's own."""
    desk = desk or Desk()
    texts, static, shop = Texts.load(), Static(), load_shop()
    app = web.Application(middlewares=[error_pages(texts, static, shop)])
    app.on_response_prepare.append(secure)
    pages = OneTimePages(
        texts,
        static,
        shop,
        lambda: desk.now,
        from_our_page=partial(is_from_our_page, public_url=None),
        wait=lambda request: desk.rate.wait(limit_key(network_of(request, None))),
    )
    app.add_routes([*my_routes(pages), *static.routes(), *more])
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    desk.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield desk
    finally:
        await runner.cleanup()


async def a_link(profile: Profile = MAI, consent: str | None = "yes") -> str:
    """The token of a link, made at NOW, to a new record."""

    async def work() -> str:
        draft = Customer.make(
            profile, source="import", consent=consent, last_contact_at=NOW - timedelta(days=30), now=NOW
        )
        await Customer.add([draft])
        contact = (Kind.PHONE, profile.phone or "")
        return await PageLink.make(new_id(), draft.record.id, contact, NOW)

    return await run_tx(work)
