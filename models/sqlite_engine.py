"""SQLite as this program needs it: every transaction takes the write lock at its start.

The stock engine begins transactions deferred, so that two processes that read and then write fail
with "database is locked"; and a task cancelled while a transaction opens leaves the only connection
locked for ever. Named as ``engine`` in the connection's settings, hence ``client_class``.
"""

from __future__ import annotations

import asyncio
import sqlite3

from tortoise.backends.base.client import TransactionalDBClient, TransactionContext
from tortoise.backends.sqlite.client import (
    SqliteClient,
    SqliteTransactionContext,
    SqliteTransactionWrapper,
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
    """The stock client with the transactions above."""

    def _in_transaction(self) -> TransactionContext:
        return CancelSafeContext(ImmediateWrapper(self), self._lock)


client_class = ImmediateClient
