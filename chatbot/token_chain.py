"""Zalo's token chain in the desk's database: what ``chatbot.channels.zalo.tokens.Chain`` asks for."""

from __future__ import annotations

from datetime import datetime
from typing import TypeVar

import structlog

from chatbot.channels.zalo.tokens import Held, Link, Successor
from chatbot.conversation import Say, Tell, ToStaff
from models.database import run_tx
from models.event import Event, Tag
from models.zalo_chain import ZaloChain

log = structlog.get_logger(__name__)
T = TypeVar("T")


class StoredChain:
    """Each method is a transaction of its own. ``tell`` queues a notice to staff in it: whoever finds the
    chain torn writes that down and has people told, or neither."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell

    async def read(self) -> Held | None:
        """What is stored, or None where no token was ever given."""
        chain = await ZaloChain.read()
        return await _held(chain) if chain else None

    async def claim(self, holder: str, now: datetime, until: datetime, *, mend: bool) -> Held | None:
        """Take the chain for one renewal. A claim that ran out is found here, and told."""

        async def work() -> ZaloChain | None:
            if await ZaloChain.expire(now):
                await self._alarm(Link.UNKNOWN, now)
                if not mend:
                    return None
            return await ZaloChain.claim(holder, now, until, mend=mend)

        chain = await run_tx(work)
        return await _held(chain) if chain else None

    async def store(self, turn: int, successor: Successor) -> bool:
        """Store what followed on a turn; False where the chain has gone on without us."""
        return await run_tx(
            lambda: ZaloChain.store(
                turn,
                successor.access,
                successor.refresh,
                successor.access_until,
                successor.refresh_until,
            )
        )

    async def let_go(self, holder: str) -> None:
        """The refresh token was certainly not spent."""
        await run_tx(lambda: ZaloChain.let_go(holder))

    async def lose(self, holder: str, link: Link, now: datetime) -> None:
        """The chain is unknown or broken: people are told."""

        async def work() -> None:
            if await ZaloChain.let_go(holder, link):
                await self._alarm(link, now)

        await run_tx(work)

    async def _alarm(self, link: Link, now: datetime) -> None:
        log.error("zalo_chain_torn", link=link.value, to_do="chatbot zalo token")
        await Event.record(Tag.ZALO_CHAIN_TORN, now, detail=link)
        await self._tell(ToStaff(Say(f"zalo.chain.{link}")), now, now)


async def _held(chain: ZaloChain) -> Held:
    access, refresh = await chain.opened()
    return Held(access, refresh, chain.access_until, chain.refresh_until, Link(chain.link), chain.turn)
