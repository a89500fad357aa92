"""What the tests share: a migrated database of each kind, with a key ring."""

from __future__ import annotations

import asyncio
import shutil
import uuid
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest
from argon2 import PasswordHasher
from hypothesis import HealthCheck, settings
from tortoise.backends.base.executor import EXECUTOR_CACHE
from tortoise.filters import FilterInfoDict
from tortoise.models import MetaInfo

from chatbot.crypto import KeyRing
from models import password
from models.database import connect, disconnect
from models.keys import use_ring
from models.migrate import migrate
from tests.optional import postgres_url
from tests.properties import tries

# Inputs differ from run to run: what one run leaves out, another tries. A slow machine is no fault.
settings.register_profile(
    "desk", max_examples=tries(100), deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("desk")


@pytest.hookimpl(wrapper=True)
def pytest_xdist_auto_num_workers() -> Generator[None, int, int]:
    """One more than there are cores: many tests wait, for a browser, another process or a second to pass."""
    return (yield) + 1


@dataclass(frozen=True)
class Database:
    """A migrated, empty database that is open for this test."""

    url: str
    keyring: Path


@pytest.fixture(scope="session", autouse=True)
def cheap_passwords() -> None:
    """Staff join in hundreds of tests: there, hashing a password need not cost an attacker anything."""
    password._hasher = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)


@pytest.fixture(scope="session", autouse=True)
def remembered_filters() -> None:
    """Every time a database is opened, Tortoise works out by what each model can be filtered, which takes as
    long as the rest of it; here once for each kind of database."""
    work_out, known = MetaInfo._generate_filters, dict[object, dict[str, FilterInfoDict]]()

    def remember(meta: MetaInfo) -> None:
        key = meta, meta.db.executor_class
        if key not in known:
            work_out(meta)
            known[key] = dict(meta.filters)
        meta.filters = known[key]

    MetaInfo._generate_filters = remember  # type: ignore[method-assign, assignment]


@pytest.fixture(scope="session")
def keyring(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key ring file."""
    path = tmp_path_factory.mktemp("keys") / "keyring.json"
    KeyRing.create(path)
    return path


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with every migration applied, to be copied."""
    path = tmp_path_factory.mktemp("template") / "desk.db"
    _apart(migrate(f"sqlite://{path}"))
    return path


@pytest.fixture(scope="session")
def migrated_postgres() -> Iterator[str]:
    """The URL of a PostgreSQL database of this run's own, with every migration applied."""
    server = postgres_url()
    name = f"desk_test_{uuid.uuid4().hex[:12]}"
    parts = urlsplit(server)
    _apart(_on(server, f'CREATE DATABASE "{name}"'))
    # No test pulls the server's plug, so its commits need not wait for the disk.
    _apart(_on(server, f'ALTER DATABASE "{name}" SET synchronous_commit = off'))
    url = urlunsplit((parts.scheme, parts.netloc, f"/{name}", "", ""))
    _apart(migrate(url))
    yield url
    _apart(_on(server, f'DROP DATABASE "{name}" WITH (FORCE)'))


@pytest.fixture(scope="session")
def empty_postgres(migrated_postgres: str) -> Iterator[Callable[[], None]]:
    """Deletes every row of that database. The connection stays: making one costs as much as a short test."""
    kept: list[asyncpg.Connection] = []

    async def delete() -> None:
        kept[:] = kept or [await asyncpg.connect(migrated_postgres)]
        await kept[0].execute(EMPTY)

    def empty() -> None:
        try:
            thread.submit(runner.run, delete()).result()
        except (asyncpg.PostgresError, asyncpg.InterfaceError):
            kept.clear()  # a test has ended every connection
            thread.submit(runner.run, delete()).result()

    runner = asyncio.Runner()
    with ThreadPoolExecutor(1) as thread:
        yield empty
        for connection in kept:
            connection.terminate()
        thread.submit(runner.close).result()


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a migrated, empty database: the tests that ask for it run on both kinds."""
    if request.param == "sqlite":
        path = tmp_path / "desk.db"
        shutil.copy(request.getfixturevalue("migrated_sqlite"), path)
        return f"sqlite://{path}"
    url: str = request.getfixturevalue("migrated_postgres")
    request.getfixturevalue("empty_postgres")()
    return url


@pytest.fixture
async def database(database_url: str, keyring: Path) -> AsyncIterator[Database]:
    """An open database with its key ring in use."""
    async with open_database(database_url, keyring) as database:
        yield database


@asynccontextmanager
async def open_database(database_url: str, keyring: Path) -> AsyncIterator[Database]:
    """The same for tests whose event loop is not their own."""
    # Tortoise remembers INSERT statements by the connection's name, whatever the database behind it.
    EXECUTOR_CACHE.clear()
    use_ring(KeyRing.load(keyring))
    await connect(database_url)
    yield Database(database_url, keyring)
    await disconnect()


def _apart(work: object) -> None:
    """Run a coroutine in a thread and loop of its own, whether or not a loop is running here."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, work).result()  # type: ignore[arg-type]


async def _on(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


# Rows are deleted: TRUNCATE gives every table and index new files, which takes ten times as long.
EMPTY = """
DO $$
DECLARE name text;
BEGIN
    SET LOCAL session_replication_role = replica;
    FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename NOT LIKE 'tortoise%'
    LOOP
        EXECUTE format('DELETE FROM %I', name);
    END LOOP;
    PERFORM setval(c.oid, 1, false) FROM pg_class AS c
    WHERE c.relkind = 'S' AND c.relnamespace = 'public'::regnamespace AND c.relname NOT LIKE 'tortoise%';
END $$
"""
