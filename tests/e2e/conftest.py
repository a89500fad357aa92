"""The desk as its operator runs it, between stand-ins for what is outside."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.e2e.outside import Gateway, Telegram
from tests.e2e.program import PUBLIC, Program, telegram_settings


@pytest.fixture
async def telegram() -> AsyncIterator[Telegram]:
    """Telegram, to which nothing has been said."""
    async with Telegram() as api:
        yield api


@pytest.fixture
async def gateway() -> AsyncIterator[Gateway]:
    """Where codes go out."""
    async with Gateway() as it:
        yield it


@pytest.fixture
def mode() -> str:
    """How updates come in; a test may ask for the other way."""
    return "webhook"


@pytest.fixture
def module() -> str:
    """What is run; a test may ask for a variant."""
    return "chatbot"


@pytest.fixture
async def program(
    tmp_path: Path,
    database_url: str,
    keyring: Path,
    mode: str,
    module: str,
    telegram: Telegram,
    gateway: Gateway,
) -> AsyncIterator[Program]:
    """The desk with all its channels on a migrated, empty database; not started."""
    async with Program(
        tmp_path,
        module,
        DATABASE_URL=database_url,
        KEYRING=str(keyring),
        PUBLIC_URL=PUBLIC,
        STAFF_EMAIL="staff@example.vn",
        LOG_LEVEL="DEBUG",
        **telegram_settings(telegram.url, mode),
        **gateway.settings,
    ) as program:
        yield program


@pytest.fixture
async def desk(program: Program, telegram: Telegram, mode: str) -> Program:
    """The desk, open."""
    await program.start()
    telegram.desk = program.url
    await telegram.wait_for("setWebhook" if mode == "webhook" else "deleteWebhook")
    return program
