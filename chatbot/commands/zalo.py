"""``chatbot zalo token``: look at the chain of Zalo's tokens, renew it, or begin it anew by hand."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, NoReturn

import typer

from chatbot.channels import Later
from chatbot.channels.zalo.tokens import REFRESH_LIVES, Link, Tokens
from chatbot.clock import ZONE, Clock
from chatbot.opening import opened
from chatbot.settings import Settings
from chatbot.token_chain import StoredChain
from chatbot.zalo import tokens_of
from models.database import run_tx
from models.zalo_chain import ZaloChain

_SAID = {
    Link.WHOLE: "whole",
    Link.UNKNOWN: "unknown: nobody knows whether the refresh token was spent; try --renew, else --paste",
    Link.BROKEN: "broken: Zalo refuses the refresh token; get a new one and --paste it",
}


def group(configured: Callable[[], Settings], clock: Clock) -> typer.Typer:
    """The command group."""
    zalo = typer.Typer(help="Zalo.", no_args_is_help=True)

    @zalo.callback()
    def only() -> None:
        """Keeps ``token`` a command of its own."""

    @zalo.command()
    def token(
        renew: Annotated[
            bool, typer.Option("--renew", help="Renew now, also where the chain is unknown.")
        ] = False,
        paste: Annotated[
            bool, typer.Option("--paste", help="Ask for a refresh token, and begin the chain with it.")
        ] = False,
    ) -> None:
        """Look at or mend the chain of Zalo's tokens. Exits with 1 where it is not whole."""
        settings = configured()
        tokens = tokens_of(settings, _tell, clock.now)
        if tokens is None:
            _refuse("ZALO_APP_ID is not set", code=2)
        refresh = _asked() if paste else None
        asyncio.run(_token(settings, tokens, refresh, renew or paste, clock.now()))

    return zalo


async def _token(settings: Settings, tokens: Tokens, refresh: str | None, renew: bool, now: datetime) -> None:
    async with opened(settings):
        if refresh:
            await run_tx(lambda: ZaloChain.begin(refresh, now, now + REFRESH_LIVES))
        held = await StoredChain(_tell).read()
        if held and renew:
            try:
                await tokens.renewed(held.access, mend=True)
            except Later as error:
                typer.echo(f"chatbot zalo token: {error}", err=True)
            held = await StoredChain(_tell).read()
    if held is None:
        _refuse("there is no token yet: run 'chatbot zalo token --paste'")
    typer.echo(f"chain    {_SAID[held.link]}")
    typer.echo(f"access   until {held.access_until.astimezone(ZONE):%Y-%m-%d %H:%M}")
    typer.echo(f"refresh  until {held.refresh_until.astimezone(ZONE):%Y-%m-%d}")
    if held.link is not Link.WHOLE or held.access_until <= now:
        raise typer.Exit(1)


def _asked() -> str:
    """The refresh token, typed without an echo or piped in: never an argument, which others could see."""
    if sys.stdin.isatty():
        given: str = typer.prompt("refresh token", hide_input=True)
    else:
        given = sys.stdin.readline()
    if not given.strip() or not given.strip().isascii():
        _refuse("no refresh token was given", code=2)
    return given.strip()


async def _tell(notice: object, now: datetime, wall: datetime) -> None:
    """Whoever runs the command reads how the chain stands."""


def _refuse(why: str, code: int = 1) -> NoReturn:
    typer.echo(f"chatbot zalo token: {why}", err=True)
    raise typer.Exit(code)
