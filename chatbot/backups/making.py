"""Making a backup while the desk serves."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from chatbot.backups import keysfile
from chatbot.backups.disk import copied_whole, flush_folder
from chatbot.backups.manifest import BackupError, Manifest, files_below
from chatbot.backups.stores import Store
from models.audit import AuditDay
from models.database import run_tx
from models.event import Event, Tag
from models.inventory import INVENTORY
from models.keys import ring
from models.migrate import known

FOLDERS = tuple(holding.folder for holding in INVENTORY.values() if holding.folder)
"""Where in DATA_DIR sealed files lie."""


@dataclass(frozen=True, slots=True)
class Made:
    """What a backup holds: sealed files, and bytes in all."""

    files: int
    size: int


async def make(store: Store, data_dir: Path, folder: Path, keys_backup: Path, now: datetime) -> Made:
    """Put the data into ``folder``, which gets its name only when all is there, and the keys into
    ``keys_backup``. Raises BackupError and OSError.

    The order matters. Files come after the database, so that every file that this knows is there; the keys
    last, so that none is missing that the data need.
    """
    part = _begin(folder)
    await run_tx(partial(Event.record, Tag.BACKUP_MADE, now))
    heads = {day.day: day.digest for day in await AuditDay.all().order_by("day")}
    store.dump(part / store.file)
    copied = sum(_copy_files(data_dir / name, part / name) for name in FOLDERS)
    files = files_below(part)
    Manifest(
        made_at=now,
        ring=ring().fingerprint(),
        database=store.kind,
        schema_=known(),
        heads=heads,
        files=files,
    ).write(part)
    flush_folder(part)
    await keysfile.write(keys_backup, now)
    os.replace(part, folder)
    flush_folder(folder.parent)
    return Made(copied, sum(file.size for file in files.values()))


def _begin(folder: Path) -> Path:
    """The folder in which a backup is made before it gets its name; nothing of an earlier try is left."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BackupError(f"{folder} is there already: a backup goes into a new folder")
    part = folder.with_name(f"{folder.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True, mode=0o700)
    return part


def _copy_files(source: Path, target: Path) -> int:
    """Copy the sealed files of a folder; one that is removed meanwhile is nobody's any more."""
    if not source.is_dir():
        return 0
    target.mkdir(mode=0o700)
    copied = 0
    for path in source.glob("*.sealed"):
        try:
            copied_whole(path, target / path.name)
        except FileNotFoundError:
            continue
        copied += 1
    flush_folder(target)
    return copied
