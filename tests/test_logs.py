"""Logs: what must never be in them."""

from __future__ import annotations

import asyncio
import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from telegram import Update
from tortoise.backends.sqlite.client import SqliteClient

from chatbot.logs import describe, set_up_logs

CANARY = "0900000001"


@pytest.fixture(params=["console", "json"])
def out(request: pytest.FixtureRequest) -> Iterator[io.StringIO]:
    """Where the logs go, in both formats; everything is as before afterwards."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    stream = io.StringIO()
    set_up_logs(request.param, "INFO", stream)
    yield stream
    root.handlers[:] = before
    root.setLevel(level)
    structlog.reset_defaults()


def fail(phone: str) -> None:
    try:
        int(f"phone {phone}")
    except ValueError as error:
        raise KeyError(phone) from error


def test_an_exception_is_logged_as_type_and_frames_only(out: io.StringIO) -> None:
    """However it reaches the log, what it says stays out; where it happened and why is there."""
    log = structlog.get_logger()
    try:
        fail(CANARY)
    except KeyError as error:
        log.exception("step_failed")
        log.warning("step_failed", error=error)
        log.error("step_failed", exc_info=error)
        logging.getLogger("aiohttp.server").error("Error handling request", exc_info=True)
    logged = out.getvalue()
    assert CANARY not in logged
    assert logged.count("builtins.KeyError < tests/test_logs.py:") == 4
    assert logged.count("builtins.ValueError < tests/test_logs.py:") == 4
    assert ":fail" in logged


def test_libraries_cannot_log_parameters_addresses_or_updates(out: io.StringIO) -> None:
    """A library's debug and info lines are dropped even when its logger asks for them; of a warning only
    the template is kept."""
    names = [
        "httpx",
        "telegram",
        "telegram.Bot",
        "tortoise.db_client",
        "aiohttp.access",
        "aiosqlite",
        "asyncio",
    ]
    for name in names:
        logger = logging.getLogger(name)
        level = logger.level
        logger.setLevel(logging.DEBUG)
        logger.debug("%s %s", "INSERT", [CANARY])
        logger.info('HTTP Request: POST https://api/bot%s "200"', CANARY)
        logger.warning("retrying %s", CANARY)
        logger.error(f"put together: {CANARY}")
        logger.setLevel(level)
    logged = out.getvalue()
    assert CANARY not in logged
    assert "INSERT" not in logged
    assert "HTTP Request" not in logged
    assert logged.count("retrying %s") == len(names)
    assert logged.count("(message withheld)") == len(names)


async def test_real_libraries_at_debug_level_tell_nothing(out: io.StringIO, tmp_path: Path) -> None:
    """A query of the ORM, an update of Telegram and an exception in a lost task, all with debug logs on."""
    loggers = [
        logging.getLogger(name) for name in ("tortoise", "tortoise.db_client", "aiosqlite", "telegram")
    ]
    for logger in loggers:
        logger.setLevel(logging.DEBUG)
    try:
        database = SqliteClient(str(tmp_path / "x.db"), connection_name="logs")
        await database.create_connection(with_db=True)
        await database.execute_query("SELECT ?", [CANARY])
        await database.close()
        chat = {"id": 1, "type": "private", "first_name": CANARY}
        Update.de_json(
            {"update_id": 1, "message": {"message_id": 1, "date": 1, "chat": chat, "text": CANARY}}
        )
        loop = asyncio.get_running_loop()
        loop.call_exception_handler({"message": "Task exception", "exception": ValueError(CANARY)})
    finally:
        for logger in loggers:
            logger.setLevel(logging.NOTSET)
    assert CANARY not in out.getvalue()
    assert "builtins.ValueError" in out.getvalue()


def test_our_own_lines_are_kept_from_the_chosen_level_on(out: io.StringIO) -> None:
    """Every line has its event, its level, its values and its time; a lower level is dropped."""
    log = structlog.get_logger()
    log.debug("not_this")
    log.info("delivered", channel="web", tries=2)
    assert "not_this" not in out.getvalue()
    assert "delivered" in out.getvalue()
    if out.getvalue().startswith("{"):
        line = json.loads(out.getvalue())
        assert (line["event"], line["level"], line["tries"]) == ("delivered", "info", 2)
        assert line["timestamp"].endswith("Z")


def test_endless_recursion_and_groups_stay_short() -> None:
    """Only the innermost frames are told, and each exception of a group has its line."""

    def deeper() -> None:
        deeper()

    with pytest.raises(RecursionError) as recursion:
        deeper()
    (line,) = describe(recursion.value)
    assert line.count(" < ") <= 12
    group = ExceptionGroup(CANARY, [ValueError(CANARY), KeyError(CANARY)])
    assert describe(group) == ["builtins.ExceptionGroup", "builtins.ValueError", "builtins.KeyError"]
