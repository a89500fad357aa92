"""One attempt to send one message: open it, wait for its turn, hand it to its outlet."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

from chatbot.channels import Outlet, Unsure
from chatbot.crypto import SealBroken
from chatbot.messages import Address
from chatbot.outcome import before_sending, failed, put_back, sent
from chatbot.pacing import Pacing
from chatbot.texts import SOURCE, Texts
from models.outgoing import Outgoing, Purpose
from models.sending import Outcome, Recipient

PATIENCE_SECONDS = 10.0
"""A message whose turn comes later than this goes back to the outbox instead of waiting here."""
SEND_SECONDS = 40.0
"""How long an outlet may take."""


@dataclass
class Way:
    """An outlet in use: how fast, and how many messages are under way to it."""

    outlet: Outlet
    pacing: Pacing
    busy: int = 0


async def attempt(
    row: Outgoing,
    recipient: Recipient | None,
    way: Way,
    texts: Texts,
    wall: Callable[[], datetime],
    stopping: asyncio.Event,
) -> Outcome:
    """Send a claimed message, if that is still right. ``recipient`` is None where it was erased. Raises
    what the outlet raises, and Unsure when it takes longer than SEND_SECONDS."""
    if over := before_sending(row, wall()):
        return over
    if recipient is None:
        return failed(row, "erased")
    if row.target is None and not recipient.reachable:
        return failed(row, "the chat is shut")
    try:
        reply = row.opened(recipient.key)
        # What goes to neither a contact nor a chat goes to staff, whose outlet knows where.
        to = row.opened_target(recipient.key) or recipient.address or Address(row.outlet, row.lane)
    except SealBroken:
        return failed(row, "sealed with another key")
    if reply is None:
        return failed(row, "wiped")
    later = await _turn(way, row.lane, way.outlet.pace.is_group(to.user), stopping)
    if later is not None:
        return put_back(row, wall(), later)
    if row.decoy:
        return sent(row, None)
    if row.doubts and row.purpose is Purpose.NOTICE:
        again = texts.get(recipient.language or SOURCE, "sender.again", text=reply.text)
        reply = replace(reply, text=again)
    try:
        async with asyncio.timeout(SEND_SECONDS) as limit:
            return sent(row, await way.outlet.send(to, replace(reply, ref=row.ref)))
    except TimeoutError:
        if limit.expired():
            raise Unsure("no answer in time") from None
        raise


async def until(event: asyncio.Event, seconds: float) -> None:
    """Wait for an event, but no longer than so many seconds."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()


async def _turn(way: Way, lane: str, group: bool, stopping: asyncio.Event) -> float | None:
    """Wait for the turn of a lane. Returns None when it has come, else after how many seconds to ask
    again: what has not been handed over goes back when we are to stop or to pause."""
    wait = way.pacing.wait(lane, group)
    if wait > PATIENCE_SECONDS:
        return wait
    if wait:
        await until(stopping, wait)
    if not stopping.is_set() and not way.pacing.paused() and (place := way.pacing.reserve(lane, group)):
        await until(stopping, place)
    pause = way.pacing.paused()
    return pause if pause or stopping.is_set() else None
