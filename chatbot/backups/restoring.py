"""Restoring a backup: the data of any, with the newest keys and ledger, so that whoever was erased since
stays erased. All that has no key any more is removed before the desk can open.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from chatbot.auditing import verify
from chatbot.backups.disk import copied_whole, flush_folder
from chatbot.backups.keysfile import KeysFile
from chatbot.backups.making import FOLDERS
from chatbot.backups.manifest import BackupError, Manifest
from chatbot.backups.marker import Marker
from chatbot.backups.stores import Store
from models import erasing, inventory
from models.database import connect, disconnect, run_tx
from models.erased import Erased, ErasedMark
from models.erasure import Erasure
from models.event import Event, Tag
from models.keys import SubjectKey, ring
from models.migrate import known

_BATCH = 500


@dataclass(frozen=True, slots=True)
class Restored:
    """What came back: ``keys`` of subjects and ``files``; how many ``rows`` and files (``left``) were left
    out because they have no key any more; and what is wrong with the audit trail."""

    made_at: datetime
    keys: int
    files: int
    rows: int
    left: int
    faults: list[str]


def check(store: Store, folder: Path, keys: KeysFile) -> Manifest:
    """Whether a backup can be restored here; its manifest. Raises BackupError."""
    manifest = Manifest.read(folder)
    if manifest.ring != ring().fingerprint() or keys.ring != manifest.ring:
        raise BackupError(
            "DIR, KEYS_BACKUP and KEYRING are not of one key ring: bring together what belongs together"
        )
    if not all(ring().holds(number) for number in keys.ring_keys):
        raise BackupError("KEYRING is older than the backup of the keys: put its newest copy")
    if keys.made_at < manifest.made_at:
        raise BackupError("KEYS_BACKUP is older than this backup of the data: put the newest one there")
    if manifest.database != store.kind:
        raise BackupError(f"this backup is one of {manifest.database}: set DATABASE_URL to such a database")
    if manifest.schema_ != known():
        raise BackupError(
            f"this backup is of migration {manifest.schema_[-1]}, this program of {known()[-1]}:"
            " restore it with the program that made it, then update"
        )
    return manifest


async def restore(store: Store, data_dir: Path, folder: Path, keys: KeysFile, now: datetime) -> Restored:
    """Restore a backup into an empty database and DATA_DIR, or go on where an earlier try was cut off: it is
    then done anew, so that it always ends alike. Raises BackupError and OSError."""
    manifest = check(store, folder, keys)
    begun = Marker.find(data_dir)
    if begun is None or begun.database != store.name:
        if not await store.is_empty():
            raise BackupError(f"{store.name} is not empty: set DATABASE_URL to a database that is")
        if _holds_files(data_dir):
            raise BackupError(f"{data_dir} holds files: set DATA_DIR to a new folder")
    _mark(folder, store, data_dir)
    await store.begin()
    store.load(folder / store.file)
    async with _connected(store.url):
        rows = await run_tx(partial(_keys_back, keys))
    store.build(folder / store.file)
    async with _connected(store.url):
        rows += await run_tx(partial(_erase_again, keys.made_at, now))
        kept = await inventory.files()
        await run_tx(partial(Event.record, Tag.BACKUP_RESTORED, now, detail=manifest.made_at.isoformat()))
        count = await SubjectKey.all().count()
        found = await verify(list(manifest.heads.items()))
    files, left = _copy_files(manifest, folder, data_dir, kept)
    store.publish()
    Marker.remove(data_dir)
    return Restored(manifest.made_at, count, files, rows, left, found.faults)


def _holds_files(data_dir: Path) -> bool:
    return any(path.exists() for name in FOLDERS for path in (data_dir / name).glob("*"))


def _mark(folder: Path, store: Store, data_dir: Path) -> None:
    data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    Marker(str(folder.resolve()), store.name).put(data_dir)


@asynccontextmanager
async def _connected(url: str) -> AsyncIterator[None]:
    await connect(url)
    try:
        yield
    finally:
        await disconnect()


async def _keys_back(keys: KeysFile) -> int:
    """Put back the keys and the ledger, and remove what has no key; how many rows."""
    await Erased.all().delete()
    await Erased.bulk_create([Erased(id=one, erased_at=at) for one, at in keys.erased], batch_size=_BATCH)
    await ErasedMark.all().delete()
    marks = [ErasedMark(value_index=index, why=why, erased_at=at) for index, why, at in keys.marks]
    await ErasedMark.bulk_create(marks, batch_size=_BATCH)
    rows = [SubjectKey(id=one, ring_key=number, wrapped=wrapped) for one, number, wrapped in keys.keys]
    await SubjectKey.bulk_create(rows, batch_size=_BATCH)
    await Erased.apply()
    return await inventory.remove_keyless()


async def _erase_again(keys_made_at: datetime, now: datetime) -> int:
    """What was erased from chats that live on has no key of its own, and is removed once more; how many rows
    went with chats that had been somebody's alone. It looks much up, so it comes after the indexes. Nobody
    is erased who had kept their record since."""
    await erasing.reapply(now)
    await Erasure.restored(keys_made_at, now)
    return await inventory.remove_keyless()


def _copy_files(
    manifest: Manifest, folder: Path, data_dir: Path, kept: dict[str, set[str]]
) -> tuple[int, int]:
    """Copy the sealed files whose rows are there; how many, and how many not."""
    for name in FOLDERS:
        (data_dir / name).mkdir(exist_ok=True, mode=0o700)
    copied = left = 0
    for path in manifest.files:
        name, _, file = path.rpartition("/")
        if name not in FOLDERS:
            continue
        if file.removesuffix(".sealed") in kept[name]:
            copied_whole(folder / path, data_dir / path)
            copied += 1
        else:
            (data_dir / path).unlink(missing_ok=True)
            left += 1
    for name in FOLDERS:
        flush_folder(data_dir / name)
    return copied, left
