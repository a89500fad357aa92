"""``chatbot backup`` and ``chatbot restore``."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from chatbot.alone import Occupied, alone
from chatbot.backups import keysfile
from chatbot.backups.keysfile import KeysFileError
from chatbot.backups.making import Made, make
from chatbot.backups.manifest import BackupError
from chatbot.backups.restoring import Restored
from chatbot.backups.restoring import restore as restore_backup
from chatbot.backups.stores import store_of
from chatbot.clock import ZONE, Clock
from chatbot.crypto import KeyRing, KeyRingError
from chatbot.opening import opened
from chatbot.settings import Settings
from models.keys import ring, use_ring

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="The backup's folder.", show_default=False)]


def backup_command(settings: Callable[[], Settings], clock: Clock) -> Callable[[Path], None]:
    """The function that the command line registers as ``backup``."""

    async def run(settings: Settings, folder: Path, keys: Path) -> Made:
        async with opened(settings):
            with alone(ring().path):
                store = store_of(settings.database_url.get_secret_value())
                return await make(store, settings.data_dir, folder, keys, clock.now())

    def backup(folder: Folder) -> None:
        """Copy the data into DIR while the desk is open, and the keys into KEYS_BACKUP, over the last."""
        found = settings()
        keys = _keys_backup("backup", found)
        if keys.resolve().is_relative_to(folder.resolve()):
            _refuse("backup", "KEYS_BACKUP must lie outside DIR: data and keys must not lie together", code=2)
        try:
            made = asyncio.run(run(found, folder, keys))
        except (BackupError, Occupied) as error:
            _refuse("backup", str(error))
        except OSError as error:
            _refuse(
                "backup",
                f"the disk is at fault: {error.strerror or type(error).__name__}",
            )
        typer.echo(f"{folder}: the database and {made.files} file(s), {made.size} bytes")
        typer.echo(f"{keys}: the keys and the ledger of erasures, in place of the last")

    return backup


def restore_command(settings: Callable[[], Settings], clock: Clock) -> Callable[[Path], None]:
    """The function that the command line registers as ``restore``."""

    async def run(settings: Settings, folder: Path, keys: Path, keyring: Path) -> Restored:
        use_ring(KeyRing.load(keyring))
        with alone(keyring):
            store = store_of(settings.database_url.get_secret_value())
            return await restore_backup(store, settings.data_dir, folder, keysfile.read(keys), clock.now())

    def restore(folder: Folder) -> None:
        """Put the backup in DIR into an empty database and DATA_DIR, with the keys in KEYS_BACKUP."""
        found = settings()
        keys = _keys_backup("restore", found)
        if found.keyring is None:
            _refuse("restore", "KEYRING is not set: set it to the key ring's file", code=2)
        try:
            done = asyncio.run(run(found, folder, keys, found.keyring))
        except KeyRingError as error:
            _refuse("restore", str(error), code=2)
        except (BackupError, KeysFileError, Occupied) as error:
            _refuse("restore", str(error))
        except OSError as error:
            why = error.strerror or type(error).__name__
            _refuse("restore", f"the disk is at fault: {why}; mend that and run it again")
        at = f"{done.made_at.astimezone(ZONE):%Y-%m-%d %H:%M}"
        typer.echo(f"restored as of {at}: {done.keys} key(s), {done.files} file(s)")
        typer.echo(f"left out, as they have no key any more: {done.rows} row(s), {done.left} file(s)")
        for fault in done.faults:
            typer.echo(f"NOT WHOLE  {fault}")

    return restore


def _keys_backup(command: str, settings: Settings) -> Path:
    if settings.keys_backup is None:
        _refuse(command, "KEYS_BACKUP is not set: set it to a file apart from the data", code=2)
    return settings.keys_backup


def _refuse(command: str, why: str, code: int = 1) -> NoReturn:
    typer.echo(f"chatbot {command}: {why}", err=True)
    raise typer.Exit(code)
