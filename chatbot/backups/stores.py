"""Copying a whole database, without the subjects' keys, and putting one back: SQLite and PostgreSQL.

A store has a ``kind``, a ``name`` without the password, and the name of its ``file`` in a backup. Putting one
back has four stages: ``begin`` (what an earlier try left is removed), ``load``, ``build`` and ``publish``;
``url`` is where it is worked on between them. Before ``build`` rows may lack their keys.
All raise BackupError and OSError.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, Literal

import asyncpg

from chatbot.backups.disk import copied_whole, flush_folder
from chatbot.backups.manifest import BackupError
from models.database import CONNECTION, configuration

KEYS = "subject_key"


_APPLICATION = "chatbot backups"


class Sqlite:
    """A file. It is copied by SQLite's own backup, which reads one state of it and locks nobody out, and put
    back under another name, which it keeps until it is whole."""

    kind: Literal["sqlite"] = "sqlite"
    file = "database.sqlite"

    def __init__(self, path: Path) -> None:
        self._path = path
        self._work = path.with_name(f"{path.name}.restoring")
        self.name = f"sqlite://{path}"
        self.url = f"sqlite://{self._work}?journal_mode=DELETE&foreign_keys=OFF"

    def dump(self, target: Path) -> None:
        # The keys never come near the backup's own disk: they are taken out of a copy beside the database.
        copy = self._path.with_name(f"{self._path.name}.backup")
        _discard(copy)
        _create(copy)
        _create(target)
        try:
            with closing(sqlite3.connect(copy, isolation_level=None)) as without_keys:
                with closing(sqlite3.connect(self._path, timeout=5)) as source:
                    source.backup(without_keys)
                without_keys.execute("PRAGMA journal_mode = DELETE")
                without_keys.execute(f"DELETE FROM {KEYS}")
                without_keys.execute("VACUUM INTO ?", (str(target),))
        except sqlite3.Error as error:
            raise BackupError(f"the database cannot be copied: {error}") from None
        finally:
            _discard(copy)

    async def is_empty(self) -> bool:
        if not self._path.exists():
            return not _beside(self._path)
        try:
            with closing(sqlite3.connect(self._path, timeout=5)) as there:
                return not there.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone()
        except sqlite3.DatabaseError:
            return False

    async def begin(self) -> None:
        _discard(self._path)
        _discard(self._work)

    def load(self, source: Path) -> None:
        copied_whole(source, self._work)

    def build(self, source: Path) -> None:
        """What was removed leaves nothing in free pages."""
        with closing(sqlite3.connect(self._work, isolation_level=None)) as work:
            work.execute("VACUUM")

    def publish(self) -> None:
        os.replace(self._work, self._path)
        flush_folder(self._path.parent)


class Postgres:
    """A database of a server, copied and put back by PostgreSQL's own programs. Its constraints and indexes
    come last: until then there may be rows without their keys."""

    kind: Literal["postgres"] = "postgres"
    file = "database.pgdump"

    def __init__(self, url: str, credentials: dict[str, Any]) -> None:
        self.url = url
        self._login = {name: credentials[name] for name in ("host", "port", "user", "password", "database")}
        self.name = "postgres://{host}:{port}/{database}".format(**self._login)

    def dump(self, target: Path) -> None:
        _create(target)
        self._run("pg_dump", "--format=custom", f"--exclude-table-data={KEYS}", f"--file={target}")

    async def is_empty(self) -> bool:
        return not await self._tables()

    async def begin(self) -> None:
        # A program that was started by a try that died may still be at work.
        await self._fetch(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            f" WHERE datname = current_database() AND application_name = '{_APPLICATION}'"
        )
        tables = await self._tables()
        if tables:
            await self._fetch(f"DROP TABLE {', '.join(tables)} CASCADE")

    def load(self, source: Path) -> None:
        self._restore(source, "--section=pre-data", "--section=data")

    def build(self, source: Path) -> None:
        self._restore(source, "--section=post-data")

    def publish(self) -> None:
        """It is where it belongs."""

    def _restore(self, source: Path, *sections: str) -> None:
        database = f"--dbname={self._login['database']}"
        self._run("pg_restore", "--single-transaction", database, *sections, str(source))

    def _run(self, program: str, *arguments: str) -> None:
        where = shutil.which(program)
        if where is None:
            raise BackupError(
                f"there is no {program} here: install PostgreSQL's client"
                " (Debian: apt-get install postgresql-client)"
            )
        login = {
            "PGHOST": self._login["host"],
            "PGPORT": self._login["port"],
            "PGUSER": self._login["user"],
            "PGPASSWORD": self._login["password"],
            "PGDATABASE": self._login["database"],
            "PGAPPNAME": _APPLICATION,
        }
        environment = os.environ | {name: str(value) for name, value in login.items() if value}
        command = [where, "--no-owner", "--no-privileges", *arguments]
        ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if ended.returncode:
            # The first line alone: those below it may quote rows.
            why = (ended.stderr.splitlines() or [f"it ended with {ended.returncode}"])[0]
            raise BackupError(f"{program} failed: {why.removeprefix(f'{program}: ')}")

    async def _tables(self) -> list[str]:
        rows = await self._fetch("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")
        return [f'"{row["tablename"]}"' for row in rows]

    async def _fetch(self, statement: str) -> list[Any]:
        try:
            connection = await asyncpg.connect(**self._login)
        except (OSError, asyncpg.PostgresError) as error:
            raise BackupError(
                f"the database does not answer ({type(error).__name__}): check DATABASE_URL"
            ) from None
        try:
            return list(await connection.fetch(statement))
        finally:
            await connection.close()


Store = Sqlite | Postgres


def store_of(url: str) -> Store:
    """The store at an address."""
    credentials = configuration(url)["connections"][CONNECTION]["credentials"]
    path = credentials.get("file_path")
    return Sqlite(Path(path)) if path else Postgres(url, credentials)


def _create(path: Path) -> None:
    """An empty file for its owner alone."""
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))


def _beside(path: Path) -> list[Path]:
    """What SQLite keeps beside a database."""
    names = [path.with_name(f"{path.name}{end}") for end in ("-wal", "-shm", "-journal")]
    return [name for name in names if name.exists()]


def _discard(path: Path) -> None:
    for file in (path, *_beside(path)):
        with suppress(FileNotFoundError):
            file.unlink()
