"""``chatbot keys``: the key ring."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from chatbot.crypto import KeyRing, KeyRingError


def group(configured: Callable[[], Path | None]) -> typer.Typer:
    """The command group; ``configured`` gives the file that KEYRING names."""
    keys = typer.Typer(help="The key ring.", no_args_is_help=True)

    def path(file: Path | None) -> Path:
        found = file or configured()
        if found is None:
            _refuse("name a FILE, or set KEYRING", code=2)
        return found

    @keys.command()
    def new(
        file: Annotated[
            Path | None, typer.Argument(help="Where; by default KEYRING.", show_default=False)
        ] = None,
    ) -> None:
        """Make a key ring for a new desk. One that is there is never overwritten."""
        where = path(file)
        try:
            ring = KeyRing.create(where)
        except KeyRingError as error:
            _refuse(str(error))
        typer.echo(f"made the key ring {ring.fingerprint()} in {where}")
        typer.echo("keep a copy in a safe place, apart from all backups: without it no data can be read")

    @keys.command()
    def status(
        file: Annotated[
            Path | None, typer.Argument(help="Which; by default KEYRING.", show_default=False)
        ] = None,
    ) -> None:
        """Say which key ring this is."""
        try:
            ring = KeyRing.load(path(file))
        except KeyRingError as error:
            _refuse(str(error))
        typer.echo(f"key ring {ring.fingerprint()}: wrapping key {ring.current} of {len(ring.wrapping)}")

    return keys


def _refuse(why: str, code: int = 1) -> NoReturn:
    typer.echo(f"chatbot keys: {why}", err=True)
    raise typer.Exit(code)
