"""Long polling: the offset moves only after what it confirms has been stored."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from telegram import Bot
from telegram.error import TelegramError

from chatbot.channels.telegram.health import Health
from chatbot.channels.telegram.inbound import KINDS, NotAnUpdate
from chatbot.channels.telegram.transport import ANSWER_SECONDS, NotDone

log = structlog.get_logger(__name__)

Take = Callable[[object], Awaitable[None]]

POLL_SECONDS = 30
LONGEST_PAUSE_SECONDS = 60.0


async def poll(bot: Bot, take: Take, health: Health) -> None:
    """Hand every update to ``take``, in order, for ever.

    An update is confirmed (by the next offset) only after ``take`` has returned. Where it raises, the
    update stays at Telegram and is fetched again after a pause. What is no update is skipped.
    """
    offset: int | None = None
    attempt = 0
    while True:
        try:
            batch = await _get_updates(bot, offset)
            # The answer means that the offset has been taken in. It is not sent twice: after a quiet week
            # Telegram numbers anew, perhaps lower, and an old offset would throw those updates away.
            offset = None
            for update in batch:
                await _take_one(update, take)
                offset = _after(update, offset)
            if batch and offset is None:
                raise TelegramError("updates without an update_id")
            health.good("polling")
            attempt = 0
        except Exception as error:  # whatever it is, the offset stands: try again
            health.bad("polling", error)
            await asyncio.sleep(pause(attempt, error))
            attempt += 1


async def _get_updates(bot: Bot, offset: int | None) -> list[object]:
    # Bot.get_updates parses the batch as a whole: one malformed update would block all the others.
    batch = await bot._post(
        "getUpdates",
        {"offset": offset, "timeout": POLL_SECONDS, "allowed_updates": list(KINDS)},
        read_timeout=POLL_SECONDS + ANSWER_SECONDS,
    )
    if not isinstance(batch, list):
        raise TelegramError("the answer is no list of updates")
    return batch


async def _take_one(update: object, take: Take) -> None:
    try:
        await take(update)
    except NotAnUpdate as error:
        log.warning("telegram_update_skipped", reason=str(error))


def _after(update: Any, offset: int | None) -> int | None:
    number = update.get("update_id") if isinstance(update, dict) else None
    return max(number + 1, offset or 0) if type(number) is int else offset


def pause(attempt: int, error: Exception | None = None) -> float:
    """Seconds to wait before the next attempt: doubling, with jitter, or as long as Telegram says."""
    if isinstance(error, NotDone) and error.after is not None:
        return error.after
    return min(LONGEST_PAUSE_SECONDS, 0.5 * 2.0 ** min(attempt, 10)) * random.uniform(0.5, 1.0)
