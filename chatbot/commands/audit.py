"""``chatbot audit``: whether the audit trail is as it was written."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from datetime import date
from typing import Annotated

import typer

from chatbot.auditing import Finding
from chatbot.auditing import verify as walk
from chatbot.opening import opened
from chatbot.settings import Settings


def group(settings: Callable[[], Settings]) -> typer.Typer:
    """The command group."""
    audit = typer.Typer(help="The audit trail.", no_args_is_help=True)

    @audit.callback()
    def _named() -> None:
        """Keep the one command a named one."""

    @audit.command()
    def verify(
        head: Annotated[
            list[str] | None, typer.Option(help="DAY=HASH as staff were told it; may be repeated.")
        ] = None,
    ) -> None:
        """Find events that were changed, removed, moved or put in since they were chained."""
        told = [_head(one) for one in head or ()]
        found = asyncio.run(_verify(settings(), told))
        for fault in found.faults:
            typer.echo(f"NOT WHOLE  {fault}")
        if not found.faults:
            latest = max(found.heads, default=None)
            last = f", head {latest}={found.heads[latest]}" if latest else ""
            typer.echo(f"whole  {found.chained} event(s) chained{last}")
        if found.tail:
            typer.echo(
                f"not chained yet  {found.tail} event(s) from {found.tail_from} on:"
                " the running desk chains them within seconds"
            )
        if found.faults:
            raise typer.Exit(1)

    return audit


async def _verify(settings: Settings, told: list[tuple[date, str]]) -> Finding:
    async with opened(settings):
        return await walk(told)


def _head(text: str) -> tuple[date, str]:
    try:
        day, digest = re.fullmatch(r"\s*(\d{4}-\d\d-\d\d)=([0-9a-f]{64})\s*", text).groups()  # type: ignore[union-attr]
        return date.fromisoformat(day), digest
    except (AttributeError, ValueError):
        raise typer.BadParameter(
            "--head must be DAY=HASH as staff were told it, such as 2026-11-24=…"
        ) from None
