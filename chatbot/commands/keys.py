"""``chatbot keys``: the key ring."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from chatbot.alone import Occupied, alone
from chatbot.backups.keysfile import KeysFileError, read
from chatbot.clock import ZONE, Clock
from chatbot.crypto import KeyRing, KeyRingError
from chatbot.opening import opened
from chatbot.rotation import Rotation
from chatbot.rotation import rotate as rotate_keys
from chatbot.settings import Settings
from models.keys import SubjectKey, ring, use_ring


def group(settings: Callable[[], Settings], clock: Clock) -> typer.Typer:
    """The command group."""
    keys = typer.Typer(help="The key ring.", no_args_is_help=True)

    @keys.command()
    def new(
        file: Annotated[
            Path | None, typer.Argument(help="Where; by default KEYRING.", show_default=False)
        ] = None,
    ) -> None:
        """Make a key ring for a new desk. One that is there is never overwritten."""
        where = file or settings().keyring
        if where is None:
            _refuse("name a FILE, or set KEYRING", code=2)
        try:
            made = KeyRing.create(where)
        except KeyRingError as error:
            _refuse(str(error))
        typer.echo(f"made the key ring {made.fingerprint()} in {where}")
        typer.echo("keep a copy in a safe place, apart from all backups: without it no data can be read")

    @keys.command()
    def status(
        file: Annotated[
            Path | None, typer.Argument(help="Which; by default that of the desk.", show_default=False)
        ] = None,
    ) -> None:
        """Say which key ring this is; without FILE also how far a rotation has come."""
        if file is None:
            found, counts = asyncio.run(_status(settings()))
        else:
            found, counts = _load(file), {}
        typer.echo(f"key ring {found.fingerprint()}: wrapping key {found.current} of {len(found.wrapping)}")
        for number, many in counts.items():
            old = "" if number == found.current else ", to be wrapped anew: run 'chatbot keys rotate'"
            typer.echo(f"key {number} wraps {many} of {sum(counts.values())}{old}")

    @keys.command()
    def rotate() -> None:
        """Give the ring a new wrapping key while the desk serves; again, until the old one is gone."""
        for line in _told(asyncio.run(_rotate(settings(), clock)), settings()):
            typer.echo(line)

    return keys


async def _status(settings: Settings) -> tuple[KeyRing, dict[int, int]]:
    async with opened(settings):
        return ring(), await SubjectKey.wrapped_by()


async def _rotate(settings: Settings, clock: Clock) -> Rotation:
    async with opened(settings):
        try:
            with alone(ring().path):
                use_ring(KeyRing.load(ring().path))  # another rotation may have ended since it was opened
                backup = settings.keys_backup
                needed = read(backup).ring_keys if backup and backup.exists() else set()
                return await rotate_keys(ring(), needed, clock.now())
        except (KeyRingError, KeysFileError, Occupied) as error:
            _refuse(str(error))


def _told(done: Rotation, settings: Settings) -> Iterator[str]:
    if done.began:
        yield f"the ring has a new wrapping key, {done.current}: put a copy of the ring in its safe now"
    yield f"key {done.current} wraps {done.wrapped}"
    if done.broken:
        yield f"{done.broken} do not open with this ring and stay as they are; so does the old key"
    if not done.old:
        yield f"the old key is gone: key {done.current} is the only one; put a copy of the ring in its safe"
        return
    backup = (
        "'chatbot backup', which takes the keys anew" if settings.keys_backup else "your backup of the keys"
    )
    at = f"{done.until.astimezone(ZONE):%H:%M on %Y-%m-%d}"
    yield f"the old key stays: run {backup}, and 'chatbot keys rotate' again after {at} to remove it"


def _load(file: Path) -> KeyRing:
    try:
        return KeyRing.load(file)
    except KeyRingError as error:
        _refuse(str(error))


def _refuse(why: str, code: int = 1) -> NoReturn:
    typer.echo(f"chatbot keys: {why}", err=True)
    raise typer.Exit(code)
