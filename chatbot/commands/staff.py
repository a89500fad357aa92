"""``chatbot staff``: the roster of those who may enter the staff room."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, NoReturn, TypeVar

import typer

from chatbot.clock import Clock
from chatbot.opening import opened
from chatbot.settings import Settings
from models.database import run_tx
from models.roles import Role
from models.staff import INVITATION_LIFE, NotOnRoster, StaffMember

T = TypeVar("T")


def group(settings: Callable[[], Settings], clock: Clock) -> typer.Typer:
    """The command group. Exits with 1 where the roster is at fault: a login that is taken, or nobody's."""
    staff = typer.Typer(help="The roster of the staff room.", no_args_is_help=True)

    @staff.command()
    def invite(
        name: Annotated[str, typer.Argument(help="The person's name.", show_default=False)],
        role: Annotated[Role, typer.Option(help="What they may do.", show_default=False)],
        login: Annotated[
            str | None, typer.Option(help="Their login; by default made from the name.", show_default=False)
        ] = None,
    ) -> None:
        """Put somebody on the roster, and print the link by which they join."""
        found = settings()
        _tell(found, *_run(found, lambda: StaffMember.invite(name, role, login, clock.now())))

    @staff.command()
    def renew(login: Annotated[str, typer.Argument(help="Their login.", show_default=False)]) -> None:
        """Invite somebody anew who lost the telephone, let the invitation expire, or came back."""
        found = settings()
        _tell(found, *_run(found, lambda: StaffMember.renew(login, clock.now())))
        typer.echo("the password, app and sessions of before are gone")

    @staff.command("list")
    def list_() -> None:
        """Print everybody: login, role, where they stand, the day last seen, name."""
        lines: list[tuple[str, ...]] = [
            (one.login, one.role, one.standing, str(one.seen_on or "-"), one.name)
            for one in _run(settings(), lambda: StaffMember.roster(clock.now()))
        ]
        if not lines:
            typer.echo("nobody is on the roster: begin with 'chatbot staff invite NAME --role director'")
            return
        lines.insert(0, ("LOGIN", "ROLE", "STATE", "LAST SEEN", "NAME"))
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        for line in lines:
            cells = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
            typer.echo("  ".join(cells).rstrip())

    @staff.command()
    def disable(login: Annotated[str, typer.Argument(help="Their login.", show_default=False)]) -> None:
        """Shut somebody out at once, signed in or not."""
        ended = _run(settings(), lambda: StaffMember.disable(login, clock.now()))
        typer.echo(f"shut out; {ended} session(s) ended")

    return staff


def _run(settings: Settings, work: Callable[[], Awaitable[T]]) -> T:
    """In one transaction on the desk's database."""

    async def run() -> T:
        async with opened(settings):
            return await run_tx(work)

    try:
        return asyncio.run(run())
    except NotOnRoster as error:
        _refuse(str(error))


def _tell(settings: Settings, login: str, code: str) -> None:
    """The login, and the one-time link; the secret stands behind ``#``, so that no server logs it."""
    link = f"{settings.public_url or ''}/staff/join#{code}"
    typer.echo(f"login: {login}")
    typer.echo(f"invitation, for one use within {INVITATION_LIFE.days} days: {link}")
    if settings.public_url is None:
        typer.echo("PUBLIC_URL is not set: put the address of the desk before it")


def _refuse(why: str) -> NoReturn:
    typer.echo(f"chatbot staff: {why}", err=True)
    raise typer.Exit(1)
