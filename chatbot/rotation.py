"""Changing the key ring's wrapping key while the desk serves.

    one key -> a second is added, by which everything is wrapped from now on -> all that the first has
    wrapped is wrapped anew, in batches -> a new backup of the keys is made, and whatever was under way has
    ended -> the first is removed

The same command does it all: called again, it goes on wherever it was, after a kill too. The running desk
follows the file of the ring (``chatbot/crypto.py``), so nothing has to be restarted.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from chatbot.crypto import KeyRing
from models.database import run_tx
from models.event import Event, Tag
from models.keys import SubjectKey

BATCH = 100
"""Keys per transaction, so that none holds the write lock for long."""
PAUSE = 0.02
"""Seconds between two batches, so that customers come in between."""
UNDER_WAY = timedelta(hours=1)
"""How long an old key stays at least: something may have been wrapped by it for an upload or an import that
is not stored yet."""


@dataclass(frozen=True, slots=True)
class Rotation:
    """What a call has done: whether it ``began``, how many keys the ``current`` one wraps now, how many are
    ``broken`` and do not open at all, and which ``old`` ones are still in the ring, at least ``until``."""

    began: bool
    current: int
    wrapped: int
    broken: int
    old: list[int]
    until: datetime


async def rotate(ring: KeyRing, needed: set[int], now: datetime) -> Rotation:
    """Begin a rotation, or go on with the one under way. ``needed`` are the wrapping keys that the backup of
    the keys still needs. To be called by one process at a time (``alone``). Raises KeyRingError."""
    began = len(ring.wrapping) == 1
    if began:
        await _record(Tag.KEYS_ROTATED, ring.current + 1, now)
        ring.add_key(now.isoformat())
    broken = await _rewrap_all()
    counts = await SubjectKey.wrapped_by()
    until = datetime.fromisoformat(ring.since) + UNDER_WAY if ring.since else now
    old = ring.wrapping.keys() - {ring.current}
    if not old & (needed | counts.keys()) and now >= until:
        await _record(Tag.KEYS_RETIRED, ring.current, now)
        ring.drop_old_keys()
    kept = sorted(ring.wrapping.keys() - {ring.current})
    return Rotation(began, ring.current, counts.get(ring.current, 0), broken, kept, until)


async def _rewrap_all() -> int:
    """Wrap everything by the current key, until a whole pass finds nothing left but what does not open; how
    many those are."""
    while True:
        after, broken, done = None, 0, 0
        while batch := await run_tx(partial(SubjectKey.rewrap, after, BATCH)):
            after, broken, done = batch.last, broken + batch.broken, done + batch.done
            await asyncio.sleep(PAUSE)
        if not done:
            return broken


async def _record(tag: Tag, number: int, now: datetime) -> None:
    """Before it is done, so that no death in between keeps it out of the trail."""
    await run_tx(partial(Event.record, tag, now, detail=str(number)))
