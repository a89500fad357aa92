"""``chatbot check``: settings, database, migrations, keys, calendar, channels: a line each, ok or TO DO."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime

import typer

from chatbot.channels.zalo.tokens import Link
from chatbot.clock import SystemClock, local_date
from chatbot.opening import CannotOpen, opened
from chatbot.settings import Settings
from chatbot.shop import Shop
from models.outgoing import Outgoing, State
from models.zalo_chain import ZaloChain

_DAYS_LEFT = 7
"""With fewer days left Zalo's token chain needs looking after."""


def command(settings: Callable[[], Settings], shop: Callable[[Settings], Shop]) -> Callable[[], None]:
    """The function that the command line registers. Exits with 1 where something needs doing."""

    def check() -> None:
        """Look at everything that the desk needs, and say what is wrong."""
        found = settings()
        lines = asyncio.run(_lines(found, shop(found)))
        width = max(len(name) for name, _, _ in lines)
        for name, fine, words in lines:
            typer.echo(f"{name:<{width}}  {'ok' if fine else 'TO DO'}  {words}")
        if not all(fine for _, fine, _ in lines):
            raise typer.Exit(1)

    return check


async def _lines(settings: Settings, shop: Shop) -> list[tuple[str, bool, str]]:
    return [line async for line in _checks(settings, shop)]


def _chain(chain: ZaloChain | None, now: datetime) -> tuple[bool, str]:
    """How Zalo's token chain stands, and how long it lives without being renewed."""
    if chain is None:
        return False, "none yet: run 'chatbot zalo token --paste'"
    if chain.link != Link.WHOLE:
        return False, f"{chain.link}: see 'chatbot zalo token'"
    days = (chain.refresh_until - now).days
    return days > _DAYS_LEFT, f"renewed by itself; lives {days} more days if the desk stands still"


async def _checks(settings: Settings, shop: Shop) -> AsyncIterator[tuple[str, bool, str]]:
    yield "settings", True, "read"
    yield "shop", True, shop.name
    today = local_date(SystemClock().now().astimezone(UTC))
    left = (shop.calendar.announced_until - today).days
    yield (
        "calendar",
        left > 31,
        f"announced until {shop.calendar.announced_until}"
        + ("" if left > 31 else ": bring chatbot/data/calendar.toml up to date"),
    )
    try:
        async with opened(settings):
            yield "database", True, "open, up to date, sealed with this key ring"
            unknown = await Outgoing.filter(state=State.UNKNOWN).count()
            yield "outbox", True, f"{unknown} message(s) of which nobody knows whether they arrived"
            waiting = await Outgoing.filter(state=State.QUEUED).count()
            yield "queue", True, f"{waiting} message(s) waiting"
            if settings.zalo_app_id:
                yield "zalo tokens", *_chain(await ZaloChain.read(), SystemClock().now())
    except CannotOpen as error:
        yield "database", False, str(error)
    yield "telegram", True, settings.telegram_mode if settings.telegram_bot_token else "not configured"
    yield "zalo", True, f"app {settings.zalo_app_id}" if settings.zalo_app_id else "not configured"
    template = settings.zalo_otp_template
    yield "codes by Zalo", True, f"template {template}" if template else "not configured"
    yield (
        "codes by SMS",
        bool(settings.sms_url or template),
        "configured" if settings.sms_url else "set SMS_URL to send codes",
    )
    yield (
        "codes by e-mail",
        bool(settings.smtp_url),
        ("configured" if settings.smtp_url else "set SMTP_URL and MAIL_FROM to send codes"),
    )
    staff = settings.telegram_staff_chat or settings.staff_email
    yield "staff", bool(staff), "told" if staff else "set TELEGRAM_STAFF_CHAT or STAFF_EMAIL: nobody is told"
    page = settings.public_url
    yield "public address", bool(page), page or "set PUBLIC_URL: without it there are no links to full data"
