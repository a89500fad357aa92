"""receive(): one command or press of staff, one transaction.

The engine of the place where staff are told, as ``engine.py`` is that of the customers' chats: nothing is
confirmed before it is stored, a delivery that comes twice changes nothing, and what is to be said goes to
the outbox. It knows neither what a command means nor by which channel it came.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime

import structlog

from chatbot.conversation import Say, ToStaff
from chatbot.engine import MESSAGES, TRIES
from chatbot.logs import describe
from chatbot.messages import Busy, StaffInbound
from chatbot.notices import Notices
from chatbot.shop import Shop
from chatbot.speech import in_words
from chatbot.staff_turn import Hear, StaffTurn
from chatbot.texts import Texts
from models.database import is_conflict, is_outage, run_tx
from models.delivery import Delivery
from models.event import Event, Tag
from models.keys import SYSTEM, SubjectKey
from models.outgoing import STAFF

log = structlog.get_logger()

_FAILED = Say("group.failed")


class StaffEngine:
    """Receives what staff type and press. ``committed`` is called after every commit."""

    def __init__(
        self,
        hear: Hear,
        shop: Shop,
        texts: Texts,
        notices: Notices,
        now: Callable[[], datetime],
        wall: Callable[[], datetime],
        committed: Callable[[], None],
    ) -> None:
        self._hear = hear
        self._shop = shop
        self._texts = texts
        self._notices = notices
        self._now = now
        self._wall = wall
        self._committed = committed

    async def receive(self, said: StaffInbound) -> str | None:
        """Do what was asked and store it; the words for the one who asked, where they alone are to hear
        them. What staff say to each other means nothing here. Raises Busy."""
        if said.press is None and not (said.text or "").startswith("/"):
            return None
        try:
            fate, answer = await self._receive(said)
        except asyncio.CancelledError:
            self._committed()  # its transaction has ended, and may well have been committed
            raise
        except Exception as error:
            if not is_outage(error):
                raise
            log.error("database cannot store a message", channel=STAFF, error=describe(error))
            MESSAGES.labels(STAFF, "unavailable").inc()
            raise Busy from None
        MESSAGES.labels(STAFF, fate).inc()
        self._committed()
        return in_words(self._texts, self._texts.locales[0], answer) if answer else None

    async def _receive(self, said: StaffInbound) -> tuple[str, Say | None]:
        for attempt in range(TRIES):
            try:
                return await run_tx(lambda: self._handle(said))
            except Exception as error:
                if is_conflict(error) and attempt + 1 < TRIES:
                    continue
                if is_outage(error):
                    raise
                log.error("a step failed", channel=STAFF, error=describe(error))
                break
        return await run_tx(lambda: self._fail(said))

    async def _handle(self, said: StaffInbound) -> tuple[str, Say | None]:
        now, wall = self._now(), self._wall()
        if not await Delivery.register(said, now):
            return "duplicate", None
        turn = StaffTurn(said, self._shop, now, wall)
        answer = await self._hear(turn)
        await self._write(turn.notices, now, wall)
        return "handled", answer

    async def _fail(self, said: StaffInbound) -> tuple[str, Say | None]:
        """A bug stopped it, and nothing was done: whoever asked is told so."""
        now = self._now()
        if not await Delivery.register(said, now):
            return "duplicate", None
        await Event.record(Tag.MESSAGE_FAILED, now, detail=STAFF)
        if said.press is None:
            await self._write([ToStaff(_FAILED)], now, self._wall())
        return "failed", _FAILED

    async def _write(self, notices: list[ToStaff], now: datetime, wall: datetime) -> None:
        key, language = await SubjectKey.of(SYSTEM), self._texts.locales[0]
        for notice in notices:
            await self._notices.write(notice, key=key, language=language, now=now, wall=wall)
