"""A rotation, a backup and a restore are killed in the middle: the same command then ends as if nothing had
been, and no half of anything is ever taken for the whole.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest
from tortoise.backends.base.executor import EXECUTOR_CACHE

from chatbot.backups import keysfile
from chatbot.backups.manifest import Manifest
from chatbot.crypto import KeyRing
from models.database import connect, disconnect, run_tx
from models.erased import Erased
from models.inventory import INVENTORY
from models.keys import SubjectKey, new_id, use_ring
from tests.backup_world import NOW, Somebody, add_somebody, told_of
from tests.conftest import Database
from tests.e2e.program import Program
from tests.e2e.store import query
from tests.optional import pg_dump_path

SUBJECTS = 1500
FILES = 100
DELAYS = (0.0, 0.2)
"""Seconds after which it is killed, once it has begun."""


@pytest.fixture
async def desk(database: Database, keyring: Path, tmp_path: Path) -> AsyncIterator[Program]:
    """A desk with a ring of its own, and two people in it beside many keys and files."""
    if database.url.startswith("postgres"):
        pg_dump_path()
    ring = Path(shutil.copy(keyring, tmp_path / "ring.json"))
    use_ring(KeyRing.load(ring))
    settings = {
        "DATABASE_URL": database.url,
        "KEYRING": str(ring),
        "KEYS_BACKUP": str(tmp_path / "keys.backup"),
    }
    async with Program(tmp_path, **settings) as program:
        yield program


@pytest.fixture
async def two(desk: Program, database: Database) -> tuple[Somebody, Somebody]:
    """The people."""
    data = Path(desk.settings["DATA_DIR"])
    found = await add_somebody(data, "Hoadaoxanh"), await add_somebody(data, "Trangluoiliem")
    await SubjectKey.bulk_create((SubjectKey.make(new_id()) for _ in range(SUBJECTS)), batch_size=500)
    for _ in range(FILES):
        shutil.copy(data / "spool" / f"{found[0].upload}.sealed", data / "spool" / f"{new_id()}.sealed")
    return found


def after(delay: float, begun: Callable[[], bool]) -> Callable[[], bool]:
    """True so many seconds after something has begun."""
    since: list[float] = []

    def is_over() -> bool:
        if not since and begun():
            since.append(asyncio.get_running_loop().time())
        return bool(since) and asyncio.get_running_loop().time() >= since[0] + delay

    return is_over


@asynccontextmanager
async def spare(url: str, folder: Path) -> AsyncIterator[dict[str, str]]:
    """The settings of an empty place of the same kind."""
    data = {"DATA_DIR": str(folder / "data")}
    if url.startswith("sqlite"):
        yield {"DATABASE_URL": f"sqlite://{folder}/desk.db", **data}
        return
    name = f"desk_restore_{uuid.uuid4().hex[:12]}"
    parts = urlsplit(url)
    await query(url, f'CREATE DATABASE "{name}"')
    yield {"DATABASE_URL": urlunsplit((parts.scheme, parts.netloc, f"/{name}", "", "")), **data}
    await query(url, f'DROP DATABASE "{name}" WITH (FORCE)')


async def counts(url: str) -> dict[str, int]:
    """How many rows each table has."""
    return {table: (await query(url, f'SELECT COUNT(*) FROM "{table}"'))[0][0] for table in INVENTORY}


def held(ring: Path) -> set[str]:
    """The numbers of the wrapping keys in a file."""
    return set(json.loads(ring.read_text())["wrapping"])


async def test_a_rotation_goes_on_where_it_was_killed(desk: Program, two: tuple[Somebody, Somebody]) -> None:
    """With the key that it had added; every subject's key is what it was."""
    ring = Path(desk.settings["KEYRING"])
    before = {key.id: key.opened() for key in await SubjectKey.all()}
    killed = 0
    for delay in DELAYS:
        killed += await desk.cut_off(after(delay, lambda: "2" in held(ring)), "keys", "rotate")
        assert held(ring) == {"1", "2"}
        use_ring(KeyRing.load(ring))
        for one in list(before)[::300]:
            assert (await SubjectKey.get(id=one)).opened() == before[one]
    assert killed
    code, out, _ = await desk.run("keys", "rotate")
    assert (code, f"key 2 wraps {len(before)}" in out) == (0, True)
    assert {key.id: key.opened() for key in await SubjectKey.all()} == before


async def test_a_backup_that_was_killed_is_no_backup(desk: Program, two: tuple[Somebody, Somebody]) -> None:
    """Its folder has no name yet, and the keys of the last one are whole; done again it is whole."""
    folder, keys = desk.folder / "backup", Path(desk.settings["KEYS_BACKUP"])
    code, _, err = await desk.run("backup", "first")
    assert (code, err) == (0, "")
    for delay in DELAYS:
        was_killed = await desk.cut_off(after(delay, (desk.folder / "backup.part").exists), "backup", folder)
        assert folder.exists() != was_killed
        assert len(keysfile.read(keys).keys) == SUBJECTS + 2 * 3 + 1
        if not was_killed:
            shutil.rmtree(folder)
    code, _, err = await desk.run("backup", folder)
    assert (code, err) == (0, "")
    assert Manifest.read(folder).files.keys() == Manifest.read(desk.folder / "first").files.keys()
    assert not (desk.folder / "backup.part").exists()
    assert not list(desk.folder.glob("desk.db.backup*"))


async def test_a_restore_that_was_killed_opens_nothing_until_it_is_done(
    desk: Program, two: tuple[Somebody, Somebody], database: Database
) -> None:
    """The desk says in one line what to do, the command done again ends as if it had never been killed."""
    first, second = two
    await desk.run("backup", "old")
    for subject in (first.customer, first.chat):
        await run_tx(partial(Erased.record, subject, NOW))
    await desk.run("backup", "new")
    async with spare(database.url, desk.folder / "1") as whole, spare(database.url, desk.folder / "2") as cut:
        desk.settings |= whole
        assert (await desk.run("restore", "old"))[0] == 0
        expected = await counts(whole["DATABASE_URL"])
        desk.settings |= cut
        marker = Path(cut["DATA_DIR"]) / "restoring.json"
        killed = 0
        for delay in DELAYS:
            if not await desk.cut_off(after(delay, marker.exists), "restore", "old"):
                break
            killed += 1
            command = ("serve", "migrate", "keys status")[killed % 3]
            code, out, err = await desk.run(*command.split())
            assert (code, out, err.count("\n")) == (1, "", 1)
            assert "a restore has not ended: run 'chatbot restore " in err
        assert killed
        if marker.exists():
            code, out, err = await desk.run("restore", "old")
            assert (code, err) == (0, "")
            assert "left out, as they have no key any more" in out
        assert not marker.exists()
        assert await counts(cut["DATABASE_URL"]) == expected
        await disconnect()
        EXECUTOR_CACHE.clear()
        await connect(cut["DATABASE_URL"])
        assert await told_of(Path(cut["DATA_DIR"]), second) == [second.mark] * 8
        assert await told_of(Path(cut["DATA_DIR"]), first) == [first.mark] * 3
        left = sorted(path.name for path in Path(cut["DATA_DIR"]).parent.glob("*desk.db*"))
        assert left in ([], ["desk.db"], ["desk.db", "desk.db-shm", "desk.db-wal"])
        await disconnect()
