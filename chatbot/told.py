"""What platforms tell of a chat beside its messages. Each is stored when it returns, and raises Busy."""

from __future__ import annotations

from collections.abc import Awaitable
from datetime import datetime, timedelta

from chatbot.messages import Address, Busy
from models.chat import Chat
from models.database import is_outage

PAUSE = timedelta(minutes=30)
"""How long the desk keeps quiet after the last message that somebody of the shop wrote by hand."""


async def membership(address: Address, blocked: bool) -> None:
    """A person has shut their chat, or opened it again."""
    await stored(Chat.reach(address, not blocked))


async def takeover(address: Address, at: datetime) -> None:
    """Somebody of the shop has written to a person by hand."""
    await stored(Chat.pause(address, at + PAUSE))


async def stored(work: Awaitable[None]) -> None:
    """Await what stores something. Raises Busy where the database cannot take it now."""
    try:
        await work
    except Exception as error:
        if is_outage(error):
            raise Busy from None
        raise
