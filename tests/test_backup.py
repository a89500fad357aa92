"""Backups: consistent, without the keys, and of no use for bringing back whoever was erased since."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sqlite3
import uuid
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID

import asyncpg
import pytest
from tortoise.backends.base.executor import EXECUTOR_CACHE

from chatbot.auditing import verify
from chatbot.backups import keysfile
from chatbot.backups.keysfile import KeysFile, KeysFileError
from chatbot.backups.making import make
from chatbot.backups.manifest import BackupError, Manifest
from chatbot.backups.marker import Marker
from chatbot.backups.restoring import Restored, restore
from chatbot.backups.stores import store_of
from chatbot.crypto import KeyRing
from chatbot.importing import RowReport, import_file
from chatbot.messages import Address
from chatbot.rotation import UNDER_WAY, rotate
from models.audit import chain
from models.chat import Chat
from models.data_request import DataRequest, RequestState
from models.database import connect, disconnect, fetch, run_tx
from models.erased import Erased
from models.erasure import Erasure
from models.event import Event, Tag
from models.inventory import INVENTORY
from models.keys import SubjectKey, new_id, ring, use_ring
from tests.backup_world import NOW, Somebody, add_somebody, told_of
from tests.conftest import Database
from tests.e2e.program import Program
from tests.erasure_world import Erasing, freeze, marks_left, opens, say, tables_naming
from tests.erasure_world import add_somebody as add_person
from tests.optional import pg_dump_path

LATER = NOW + timedelta(days=1)
WHOLE = 8
"""In how many places somebody's word stands."""


class World:
    """A desk with its data, and another place into which it may be restored."""

    def __init__(self, folder: Path, url: str, spare: str) -> None:
        self.url, self.spare = url, spare
        self.data, self.elsewhere = folder / "data", folder / "elsewhere"
        self.keys = folder / "keys.backup"
        self.folder = folder

    async def backup(self, name: str, now: datetime = NOW) -> Path:
        """Make a backup under a name."""
        await make(store_of(self.url), self.data, self.folder / name, self.keys, now)
        return self.folder / name

    async def restore(self, backup: Path, keys: KeysFile | None = None) -> Restored:
        """Restore a backup elsewhere."""
        EXECUTOR_CACHE.clear()
        found = keys or keysfile.read(self.keys)
        return await restore(store_of(self.spare), self.elsewhere, backup, found, LATER)

    @asynccontextmanager
    async def restored(self) -> AsyncIterator[Path]:
        """The desk that was restored, open, with its folder."""
        await disconnect()
        EXECUTOR_CACHE.clear()
        await connect(self.spare)
        yield self.elsewhere


@pytest.fixture
async def world(database: Database, tmp_path: Path) -> AsyncIterator[World]:
    """An empty desk."""
    if database.url.startswith("sqlite"):
        yield World(tmp_path, database.url, f"sqlite://{tmp_path}/elsewhere/desk.db")
        return
    pg_dump_path()
    name = f"desk_restore_{uuid.uuid4().hex[:12]}"
    parts = urlsplit(database.url)
    server = await asyncpg.connect(database.url)
    await server.execute(f'CREATE DATABASE "{name}"')
    yield World(tmp_path, database.url, urlunsplit((parts.scheme, parts.netloc, f"/{name}", "", "")))
    await server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    await server.close()


@pytest.fixture
async def two(world: World) -> tuple[Somebody, Somebody]:
    """Two people."""
    return await add_somebody(world.data, "Hoadaoxanh"), await add_somebody(world.data, "Trangluoiliem")


async def rows_without_key() -> dict[str, int]:
    """The tables with rows whose key is not there."""
    found = {}
    for table, holding in INVENTORY.items():
        for column in holding.subjects:
            [row] = await fetch(
                f'SELECT COUNT(*) AS many FROM "{table}" WHERE "{column}" IS NOT NULL'
                f' AND "{column}" NOT IN (SELECT id FROM subject_key UNION SELECT id FROM data_request)'
            )
            if row["many"]:
                found[table] = row["many"]
    return found


async def test_whoever_was_erased_stays_erased_in_a_backup_from_before(
    world: World, two: tuple[Somebody, Somebody]
) -> None:
    """The drill: restored, nothing of them can be read, and the other person is there to the last file.
    A case has a key of its own, so it outlives its customer."""
    erased, other = two
    old = await world.backup("before")
    for subject in (erased.customer, erased.chat):
        await run_tx(partial(Erased.record, subject, NOW))
    await world.backup("after", LATER)
    done = await world.restore(old)
    assert done.faults == []
    assert (done.files, done.left) == (3, 1)
    async with world.restored() as data:
        assert await told_of(data, other) == [other.mark] * WHOLE
        assert await told_of(data, erased) == [erased.mark] * 3
        assert await rows_without_key() == {}
        assert not (data / "spool" / f"{erased.upload}.sealed").exists()
        assert {one.id for one in await Erased.all()} == {erased.customer, erased.chat}
        found = await verify(list(Manifest.read(old).heads.items()))
        assert (found.faults, found.tail) == ([], 2)
        assert [e.tag for e in await Event.all().order_by("-id").limit(1)] == [Tag.BACKUP_RESTORED]
        # It goes on to work: ids and constraints are as they were.
        await run_tx(partial(Event.record, Tag.LINK_MADE, LATER))
        assert await run_tx(partial(chain, LATER, 200)) == 3
        await run_tx(partial(Erased.record, other.chat, LATER))
        assert await Chat.hold_by_id(other.chat) is None


async def test_the_drill_of_an_erasure(world: World) -> None:
    """A backup from before it, when it was only asked for, restored, holds nothing that can be read of that
    person, also in a chat that they share, where the other's words are whole; the erasure is ended anew, and
    an import of the shop's old list brings nobody back."""
    erased = await add_person(world.data, "Hoadaoxanh", 1, case=False)
    other = await add_person(world.data, "Trangluoiliem", 2, case=False)
    shared = await run_tx(partial(Chat.hold, Address("messenger", "family"), "vi", NOW))

    async def in_turn() -> None:
        for minutes, one in enumerate((erased, other)):
            at = NOW + timedelta(minutes=minutes)
            await opens(shared, one.customer, one.phone, at)
            await say(shared, f"shared {one.mark}", at)

    await run_tx(in_turn)
    waits = await freeze(erased)
    old = await world.backup("before")
    assert await Erasing(world.data, now=LATER).run()
    await world.backup("after", LATER)
    await world.restore(old)
    async with world.restored() as data:
        assert await tables_naming(erased) == {("erasure", "id"), ("erasure", "chat")}
        assert await marks_left(erased) == []
        assert len(await marks_left(other)) == 4 + 2
        assert not any((data / name).exists() for name in erased.files)
        assert all((data / name).exists() for name in other.files)
        assert await rows_without_key() == {}
        assert await Erasing(data, now=LATER).run()
        assert (await DataRequest.get(id=waits.request)).state is RequestState.DONE
        assert await Erasure.all().count() == 0
        file = world.folder / "list.csv"
        lines = (f"{one.mark},0{one.phone[3:]},{one.email}" for one in (erased, other))
        file.write_text("\n".join(["full_name,phone,email", *lines]))
        rows: list[RowReport] = []
        await import_file(file, now=LATER, on_row=rows.append)
        assert [row.reason for row in rows] == ["erased", None]


async def test_the_ledger_counts_even_where_the_keys_are_still_there(
    world: World, two: tuple[Somebody, Somebody]
) -> None:
    """Somebody who was erased while the keys were being copied."""
    erased, other = two
    folder = await world.backup("one")
    read = keysfile.read(world.keys)
    late = KeysFile(read.ring, read.made_at, read.keys, [(erased.customer, NOW), (erased.case, NOW)])
    await world.restore(folder, late)
    async with world.restored() as data:
        assert len(await told_of(data, erased)) == WHOLE - 4
        assert await told_of(data, other) == [other.mark] * WHOLE


async def test_a_backup_holds_no_key_and_nothing_readable(
    world: World, two: tuple[Somebody, Somebody]
) -> None:
    """Not in any file of it; and files are for their owner alone. There is only one generation of keys."""
    wrapped = [bytes(key.wrapped) for key in await SubjectKey.all()]
    folder = await world.backup("one")
    first = world.keys.read_bytes()
    holding = [path for path in folder.rglob("*") if path.is_file()]
    assert len(holding) == 2 + 4
    for path in holding:
        content = path.read_bytes()
        assert not any(key in content or key.hex().encode() in content for key in wrapped), path
        assert not any(one.mark.encode() in content for one in two), path
        assert path.stat().st_mode & 0o777 == 0o600
    assert {path.stat().st_mode & 0o777 for path in (folder, *folder.glob("*/"))} >= {0o700}
    assert world.keys.stat().st_mode & 0o777 == 0o600
    await world.backup("two", LATER)
    assert world.keys.read_bytes() != first
    assert {path.name for path in world.folder.iterdir()} - {"desk.db", "desk.db-shm", "desk.db-wal"} == {
        *("data", "one", "two", "keys.backup")
    }


async def test_a_backup_under_load_is_one_state_of_the_desk(world: World) -> None:
    """Chats are made meanwhile: each row that is in the backup has its key, its chat and its file."""
    stop = asyncio.Event()

    async def customers() -> int:
        number = 0
        while not stop.is_set():
            await run_tx(partial(Chat.hold, Address("web", str(number)), "vi", NOW))
            number += 1
            await asyncio.sleep(0)
        return number

    await add_somebody(world.data, "Hoadaoxanh")
    working = asyncio.create_task(customers())
    settings = {"DATABASE_URL": world.url, "KEYRING": str(ring().path), "KEYS_BACKUP": str(world.keys)}
    async with Program(world.folder, **settings) as program:
        code, _, _ = await program.run("backup", "one")
    stop.set()
    assert (code, await working > 20) == (0, True)
    done = await world.restore(world.folder / "one")
    assert (done.rows, done.left, done.faults) == (0, 0, [])


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_copying_the_database_needs_no_lock(world: World, two: tuple[Somebody, Somebody]) -> None:
    """While somebody writes it goes on, with what was committed before: so it never makes anybody wait."""
    with closing(sqlite3.connect(world.url.removeprefix("sqlite://"), isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("DELETE FROM chat")
        store_of(world.url).dump(world.folder / "copy")
        writer.execute("ROLLBACK")
    with closing(sqlite3.connect(world.folder / "copy")) as copy:
        assert copy.execute("SELECT COUNT(*) FROM chat").fetchone() == (2,)


async def test_a_restore_wants_an_empty_place(world: World, two: tuple[Somebody, Somebody]) -> None:
    """Nothing that is there is overwritten: neither a database nor files."""
    folder = await world.backup("one")
    with pytest.raises(BackupError, match="is not empty"):
        await restore(store_of(world.url), world.elsewhere, folder, keysfile.read(world.keys), LATER)
    with pytest.raises(BackupError, match="holds files"):
        await restore(store_of(world.spare), world.data, folder, keysfile.read(world.keys), LATER)
    assert Marker.find(world.elsewhere) is None
    with pytest.raises(BackupError, match="there already"):
        await world.backup("one")


async def test_a_restore_refuses_what_does_not_fit(world: World, two: tuple[Somebody, Somebody]) -> None:
    """Each with one line that says what to do, and before anything is changed."""
    folder = await world.backup("one", LATER)
    good = keysfile.read(world.keys)
    for keys, told in (
        (KeysFile(good.ring, NOW, good.keys, []), "KEYS_BACKUP is older"),
        (KeysFile("another", good.made_at, good.keys, []), "not of one key ring"),
        (KeysFile(good.ring, good.made_at, [(new_id(), 9, b"")], []), "KEYRING is older"),
    ):
        with pytest.raises(BackupError, match=told):
            await world.restore(folder, keys)
    changes: list[tuple[str, Callable[[Path], object], str]] = [
        (
            Manifest.read(folder).database and store_of(world.url).file,
            lambda path: path.write_bytes(b"x"),
            "damaged",
        ),
        (f"spool/{two[0].upload}.sealed", Path.unlink, "missing"),
        ("manifest.json", lambda path: path.write_text("{}"), "damaged"),
        ("manifest.json", Path.unlink, "no backup"),
        ("manifest.json", partial(_edit, database="other"), "damaged"),
        ("manifest.json", partial(_edit, schema_=["0000_older"]), "of migration 0000_older"),
    ]
    for number, (name, change, told) in enumerate(changes):
        spoilt = Path(shutil.copytree(folder, world.folder / f"spoilt{number}"))
        change(spoilt / name)
        with pytest.raises(BackupError, match=told):
            await world.restore(spoilt)
    assert Marker.find(world.elsewhere) is None
    assert await store_of(world.spare).is_empty()


def _edit(path: Path, **changes: object) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


async def test_a_damaged_file_of_keys_is_refused(world: World, two: tuple[Somebody, Somebody]) -> None:
    """Cut off, changed, empty or none at all."""
    await world.backup("one")
    good = world.keys.read_bytes()
    for bad in (
        good[:-20],
        good.replace(b'"key"', b'"kex"', 1),
        b"",
        b"\xff\n",
        good[: good.index(b"\n") + 1],
    ):
        world.keys.write_bytes(bad)
        with pytest.raises(KeysFileError, match="no whole backup of the keys"):
            keysfile.read(world.keys)
    world.keys.unlink()
    with pytest.raises(KeysFileError, match="there is no backup of the keys"):
        keysfile.read(world.keys)


async def test_a_backup_of_the_keys_from_before_a_rotation_keeps_the_old_key(
    world: World, two: tuple[Somebody, Somebody]
) -> None:
    """And the backup of the data from before opens with the keys from after."""
    own = Path(shutil.copy(ring().path, world.folder / "ring.json"))
    use_ring(KeyRing.load(own))
    folder = await world.backup("one")
    await rotate(ring(), keysfile.read(world.keys).ring_keys, NOW)
    done = await rotate(ring(), keysfile.read(world.keys).ring_keys, NOW + UNDER_WAY)
    assert done.old == [1]
    await world.backup("two", LATER)
    done = await rotate(ring(), keysfile.read(world.keys).ring_keys, NOW + UNDER_WAY)
    assert done.old == []
    use_ring(KeyRing.load(own))
    await world.restore(folder)
    async with world.restored() as data:
        assert await told_of(data, two[0]) == [two[0].mark] * WHOLE


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_nothing_removed_is_left_in_free_pages(world: World, two: tuple[Somebody, Somebody]) -> None:
    """The sealed bytes of whoever was erased are in no page of the restored file, and the keys in none of the
    backup."""
    erased, _ = two
    [row] = await fetch("SELECT profile FROM customer WHERE id = ?", str(erased.customer))
    await run_tx(partial(Erased.record, UUID(str(erased.customer)), NOW))
    await world.backup("one")
    # As it would be in a backup from before the erasure.
    with closing(sqlite3.connect(world.folder / "one" / "database.sqlite")) as file, file:
        assert file.execute("SELECT COUNT(*) FROM subject_key").fetchone() == (0,)
    await world.restore(world.folder / "one")
    assert row["profile"] not in (world.elsewhere / "desk.db").read_bytes()


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
async def test_without_postgres_client_it_is_said_what_to_install(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One line; and an error of its own programs is one line too, without what they quote."""
    monkeypatch.setenv("PATH", "")
    with pytest.raises(BackupError, match=r"there is no pg_dump here: .*apt-get install postgresql-client"):
        await world.backup("one")
    monkeypatch.undo()
    with pytest.raises(BackupError, match=r"^pg_restore failed: [^\n]*$"):
        store_of(world.spare).load(Path(os.devnull))


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
async def test_the_dump_has_no_row_of_keys(world: World, two: tuple[Somebody, Somebody]) -> None:
    """The table is there, and empty."""
    folder = await world.backup("one")
    listing = await asyncio.create_subprocess_exec(
        "pg_restore", "--list", folder / "database.pgdump", stdout=PIPE
    )
    listed = (await listing.communicate())[0].decode()
    assert "TABLE public subject_key" in listed
    assert "TABLE DATA public chat " in listed
    assert "TABLE DATA public subject_key" not in listed
