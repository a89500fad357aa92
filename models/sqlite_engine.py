"""SQLite as this program needs it: every transaction takes the write lock at its start.

The stock engine begins transactions deferred, so that two processes that read and then write fail
with "database is locked"; and a task cancelled while a transaction opens leaves the only connection
locked for ever. Named as ``engine`` in the connection's settings, hence ``client_class``.

Statements within a transaction run on the spot, on the event loop's own thread: the write lock is in hand
and nothing is written through to the disk before the commit, so they take some 10 µs, and handing each to
another thread would cost several times as much. What may wait (beginning, committing, everything outside of
a transaction) is left to the connection's thread.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Sequence
from typing import Any

import aiosqlite
from tortoise.backends.base.client import TransactionalDBClient, TransactionContext
from tortoise.backends.sqlite.client import (
    SqliteClient,
    SqliteTransactionContext,
    SqliteTransactionWrapper,
    translate_exceptions,
)
from tortoise.connection import get_connections
from tortoise.exceptions import OperationalError


class ImmediateWrapper(SqliteTransactionWrapper):
    """A transaction that begins with the write lock in hand."""

    async def begin(self) -> None:
        """Raises OperationalError when another process holds the lock past the busy timeout."""
        try:
            await self._connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            raise OperationalError(error) from error

    @translate_exceptions
    async def execute_insert(self, query: str, values: list[Any]) -> int:
        """Run an INSERT; the id of its row."""
        return self._connection._conn.execute(query, values).lastrowid or 0

    @translate_exceptions
    async def execute_query(self, query: str, values: list[Any] | None = None) -> tuple[int, Sequence[Any]]:
        """Run a statement; how many rows it changed or found, and those that it gives."""
        before = self._connection.total_changes
        rows = self._connection._conn.execute(_without_nul(query), values or ()).fetchall()
        return (self._connection.total_changes - before) or len(rows), rows

    @translate_exceptions
    async def execute_many(self, query: str, values: list[list[Any]]) -> None:
        """Run a statement for many rows."""
        self._connection._conn.executemany(query, values)

    @translate_exceptions
    async def execute_query_dict(self, query: str, values: list[Any] | None = None) -> list[dict[str, Any]]:
        """Run a statement; the rows that it gives."""
        return [dict(row) for row in self._connection._conn.execute(_without_nul(query), values or ())]


def _without_nul(query: str) -> str:
    """As the stock client does: a NUL within a statement would end it."""
    return query.replace("\x00", "'||CHAR(0)||'")


class CancelSafeContext(SqliteTransactionContext):
    """Opens a transaction so that a cancellation at any await leaves the connection usable."""

    async def __aenter__(self) -> TransactionalDBClient:
        await self._trxlock.acquire()
        try:
            await self.ensure_connection()
            opening = asyncio.ensure_future(self.connection.begin())
            try:
                await asyncio.shield(opening)
            except asyncio.CancelledError:
                await asyncio.wait({opening})
                if not opening.cancelled() and opening.exception() is None:
                    await asyncio.shield(asyncio.ensure_future(self.connection.rollback()))
                raise
        except BaseException:
            self._trxlock.release()
            raise
        self.token = get_connections().set(self.connection_name, self.connection)
        connection: TransactionalDBClient = self.connection
        return connection


class ImmediateClient(SqliteClient):
    """The stock client with the transactions above, over a connection that two threads may use in turn."""

    async def create_connection(self, with_db: bool) -> None:
        """Open the database."""
        if not self._connection:
            self._connection = await aiosqlite.connect(
                self.filename, isolation_level=None, check_same_thread=False
            )
            self._connection.row_factory = sqlite3.Row
            for pragma, value in self.pragmas.items():
                await self._connection.execute_fetchall(f"PRAGMA {pragma}={value}")
            await self._post_connect()

    def _in_transaction(self) -> TransactionContext:
        return CancelSafeContext(ImmediateWrapper(self), self._lock)


client_class = ImmediateClient
