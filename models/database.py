"""The database: where it is, how it is opened, and the one way to open a transaction."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID

import asyncpg
from tortoise import Tortoise
from tortoise.backends.base.config_generator import expand_db_url
from tortoise.connection import get_connection
from tortoise.exceptions import DBConnectionError, OperationalError, TransactionManagementError
from tortoise.transactions import in_transaction

T = TypeVar("T")

CONNECTION = "default"

PAUSE = 0.02
"""Seconds between two batches, so that others get the write lock in between: SQLite does not queue for it."""


def configuration(url: str) -> dict[str, Any]:
    """Tortoise's settings for a ``sqlite://`` or ``postgres://`` address.

    SQLite runs in WAL mode with ``synchronous=FULL``: what was acknowledged survives a power cut.
    Raises ValueError for an address of another kind, without repeating it: it may hold a password.
    """
    scheme = urlsplit(url).scheme
    connection: dict[str, Any]
    if scheme == "sqlite":
        path, _, query = url.removeprefix("sqlite://").partition("?")
        if path not in ("", ":memory:"):
            Path(path).parent.mkdir(parents=True, exist_ok=True)
        credentials = {
            "file_path": path,
            "synchronous": "FULL",
            "busy_timeout": 5000,
            # What is deleted is overwritten: a key that was destroyed lies in no free page.
            "secure_delete": "ON",
            **dict(parse_qsl(query)),
        }
        connection = {"engine": "models.sqlite_engine", "credentials": credentials}
    elif scheme in ("postgres", "postgresql", "asyncpg"):
        connection = expand_db_url("asyncpg" + url[len(scheme) :])
        connection["credentials"].setdefault("maxsize", 20)
    else:
        raise ValueError("DATABASE_URL must begin with sqlite:// or postgres://")
    return {
        "connections": {CONNECTION: connection},
        "apps": {
            "models": {
                "models": ["models"],
                "default_connection": CONNECTION,
                "migrations": "models.migrations",
            }
        },
        "use_tz": True,
        "timezone": "UTC",
    }


async def connect(url: str) -> None:
    """Open the database for this task and those that it starts."""
    await Tortoise.init(config=configuration(url))


async def disconnect() -> None:
    """Close every connection; without it the process would never end."""
    await Tortoise.close_connections()


async def run_tx(work: Callable[[], Awaitable[T]]) -> T:
    """Run ``work`` in one transaction; the only way to open one.

    The transaction lives in a task of its own, so that cancelling the caller neither tears it nor
    leaks its connection: the caller is told of the cancellation when the transaction has ended.
    """

    async def inside() -> T:
        async with in_transaction(CONNECTION):
            return await work()

    task = asyncio.create_task(inside())
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        if not task.done():
            await asyncio.wait({task})
        if not task.cancelled():
            task.exception()
        raise


async def in_batches(items: Sequence[T], size: int, work: Callable[[Sequence[T]], Awaitable[int]]) -> int:
    """Do work on so many items at a time, each time in a transaction of its own; the sum of what
    it returns.

    Where a batch fails, its items are tried one by one, so that one that cannot be done (its key is broken,
    say) holds up no other. The first such error is raised when all others are done; an outage at once.
    """
    done, failures = 0, list[Exception]()
    batches = [items[start : start + size] for start in range(0, len(items), size)]
    while batches:
        batch = batches.pop(0)
        try:
            done += await run_tx(lambda: work(batch))  # noqa: B023  # called before the next round
        except Exception as error:
            if is_outage(error) and not is_conflict(error):
                raise
            if len(batch) == 1:
                failures.append(error)
            else:
                batches[:0] = [[one] for one in batch]
        if batches:
            await asyncio.sleep(PAUSE)
    if failures:
        raise failures[0]
    return done


def dialect() -> str:
    """``sqlite`` or ``postgres``."""
    return str(get_connection(CONNECTION).capabilities.dialect)


async def fetch(statement: str, *values: object) -> list[dict[str, Any]]:
    """Run one statement with ``?`` placeholders on either database and return its rows."""
    connection = get_connection(CONNECTION)
    # SQLite keeps instants as text and compares them as such, so all of them are in one zone.
    values = tuple(value.astimezone(UTC) if isinstance(value, datetime) else value for value in values)
    if connection.capabilities.dialect == "postgres":
        parts = statement.split("?")
        statement = parts[0] + "".join(f"${number}{part}" for number, part in enumerate(parts[1:], 1))
    return await connection.execute_query_dict(statement, list(values))


def as_uuid(value: str | UUID) -> UUID:
    """An id out of ``fetch``: SQLite keeps ids, days and instants as text."""
    return value if isinstance(value, UUID) else UUID(value)


def as_date(value: str | date) -> date:
    """A day out of ``fetch``."""
    return value if isinstance(value, date) else date.fromisoformat(value)


def as_instant(value: str | datetime) -> datetime:
    """An instant out of ``fetch``."""
    return value if isinstance(value, datetime) else datetime.fromisoformat(value)


_BUG_IN_SQL = ("no such", "near ", "no column", "has no column", "ambiguous", "incomplete", "wrong number")


def is_outage(error: BaseException) -> bool:
    """Whether the database is at fault (gone, locked, full, deadlocked) rather than our statement.

    An outage means that nothing was stored and the message must come again; a bug means that it is
    kept as failed. A bug taken for an outage would come again for ever, and hold up what is behind it.
    """
    if isinstance(error, OperationalError) and type(error) is not OperationalError:
        return False  # a constraint that was hurt, a row that is not there: the database did its part
    cause = error.args[0] if isinstance(error, OperationalError) and error.args else error
    if isinstance(cause, asyncpg.SyntaxOrAccessError | asyncpg.DataError):
        return False
    if isinstance(cause, sqlite3.OperationalError):
        return not str(cause).startswith(_BUG_IN_SQL)
    if isinstance(cause, sqlite3.IntegrityError | sqlite3.ProgrammingError | sqlite3.DataError):
        return str(cause).startswith("Cannot operate on a closed")
    return isinstance(
        error,
        OperationalError
        | DBConnectionError
        | TransactionManagementError
        | asyncpg.PostgresConnectionError
        | asyncpg.InterfaceError
        | asyncpg.InternalClientError
        | asyncpg.InsufficientResourcesError
        | asyncpg.OperatorInterventionError
        | asyncpg.TransactionRollbackError
        | asyncpg.InternalServerError
        | asyncpg.InvalidAuthorizationSpecificationError
        | asyncpg.InvalidCatalogNameError
        | asyncpg.PostgresSystemError
        | sqlite3.DatabaseError
        | OSError,
    )


def is_conflict(error: BaseException) -> bool:
    """Whether two transactions stood in each other's way (a deadlock, say), so that the same work may
    well succeed at once when it is done again."""
    return isinstance(error, asyncpg.TransactionRollbackError)
