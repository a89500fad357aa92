"""``chatbot changes``: what the shop's other systems must do too, as CSV or JSON."""

from __future__ import annotations

import asyncio
import csv
import json as jsonlib
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from typing import Annotated, NoReturn

import typer

from chatbot.clock import ZONE
from chatbot.crypto import SealBroken
from models.change import Change
from models.opt_outs import opt_outs as who_opted_out

Row = dict[str, str | None]

CHANGES = ("id", "at", "kind", "what", "request", "external_id", "phone", "email", "ticked_at")
OPT_OUTS = ("external_id", "phone", "email", "purposes")


def command(open_desk: Callable[[], AbstractAsyncContextManager[object]]) -> Callable[..., None]:
    """The function that the command line registers as ``changes``; ``open_desk`` opens the database with
    its key ring. Exits with 1 where that does not fit what is stored, with 2 where WHEN is no time."""

    def changes(
        since: Annotated[
            str | None,
            typer.Option(
                metavar="WHEN",
                help="Only those from this ISO date or instant on; Asia/Ho_Chi_Minh if no zone.",
                show_default=False,
            ),
        ] = None,
        json: Annotated[bool, typer.Option("--json", help="Print JSON; else CSV.")] = False,
        opt_outs: Annotated[
            bool, typer.Option("--opt-outs", help="Print who is to be sent nothing at present, and of what.")
        ] = False,
    ) -> None:
        """Print the corrections, objections, restrictions and erasures for the shop's other systems.

        The output holds personal data: it is for those systems alone.
        """
        if opt_outs and since:
            _refuse("--opt-outs is the whole list, without --since", code=2)
        begin = _instant(since) if since else None
        try:
            rows = asyncio.run(_rows(opt_outs, begin))
        except SealBroken:
            _refuse("a stored change does not open: the key ring is not the one that sealed it")
        if json:
            typer.echo(jsonlib.dumps(rows, ensure_ascii=False, indent=2))
        else:
            _print_csv(rows, OPT_OUTS if opt_outs else CHANGES)

    async def _rows(only_opt_outs: bool, since: datetime | None) -> list[Row]:
        async with open_desk():
            if only_opt_outs:
                return await who_opted_out()
            return [await change.told() for change in await Change.since(since)]

    return changes


def _instant(when: str) -> datetime:
    try:
        found = datetime.fromisoformat(when)
        return (found if found.tzinfo else found.replace(tzinfo=ZONE)).astimezone(UTC)
    except (ValueError, OverflowError):
        _refuse(f"WHEN must be an ISO date or instant such as 2026-11-24T09:00, not {when!r}", code=2)


def _print_csv(rows: Sequence[Row], columns: Sequence[str]) -> None:
    writer = csv.DictWriter(sys.stdout, columns, lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({name: _cell(row[name] or "") for name in columns})


def _cell(value: str) -> str:
    """A spreadsheet takes what begins so for a formula: a quote before it makes it words. The plus sign of
    a telephone number stays, as nothing but digits follows."""
    return f"'{value}" if value.startswith(("=", "@", "-", "\t", "\r")) else value


def _refuse(why: str, code: int = 1) -> NoReturn:
    typer.echo(f"chatbot changes: {why}", err=True)
    raise typer.Exit(code)
