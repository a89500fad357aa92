"""The chain of Zalo's tokens: an access token of 25 hours, renewed by a refresh token that is good for one
use within three months and whose successor comes with the new access token.

One process renews at a time. It claims the chain in one transaction, calls Zalo outside, and stores the
successor in another before using it. Where it is not known whether the refresh token was spent (a death or
a broken connection in between), the chain is ``unknown``: people are alarmed, and ``chatbot zalo token``
mends it. The access token at hand is used for as long as Zalo takes it.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

import structlog
from aiohttp import ClientSession, ClientTimeout

from chatbot.channels import Later
from chatbot.channels.zalo.wire import Ambiguous, NotCarriedOut, answer_of

log = structlog.get_logger(__name__)

LEASE = timedelta(seconds=60)
"""How long a chain is claimed: longer than a renewal can take."""
CALL_SECONDS = 20.0
EARLY = timedelta(hours=5)
"""How long before the end of an access token it is renewed."""
REFRESH_LIVES = timedelta(days=90)
"""Zalo: three months from when a refresh token was given."""
ACCESS_LIVES = 90_000
"""Seconds; where Zalo does not say."""
WAIT_SECONDS = 15.0
"""How long to wait for another process that renews."""
STORE_TRIES = 8
TOO_MANY_CALLS = -32


class Link(StrEnum):
    """How the chain stands."""

    WHOLE = "whole"
    UNKNOWN = "unknown"
    """Nobody knows whether the refresh token was spent."""
    BROKEN = "broken"
    """Zalo refuses the refresh token."""


@dataclass(frozen=True, slots=True)
class Held:
    """What is stored of the chain. ``access`` is None where there was none yet."""

    access: str | None = field(repr=False)
    refresh: str = field(repr=False)
    access_until: datetime
    refresh_until: datetime
    link: Link
    turn: int
    """Counts the renewals: a successor is stored only where nobody else has renewed meanwhile."""


@dataclass(frozen=True, slots=True)
class Successor:
    """What Zalo gave for a refresh token."""

    access: str = field(repr=False)
    refresh: str = field(repr=False)
    access_until: datetime
    refresh_until: datetime


class Chain(Protocol):
    """Where the chain is stored, shared by all processes. Each method is one short transaction."""

    async def read(self) -> Held | None:
        """What is stored, or None where no token was ever given."""

    async def claim(self, holder: str, now: datetime, until: datetime, *, mend: bool) -> Held | None:
        """Take the chain for one renewal; None where another holds it, or where it is not whole (unless
        it is to be mended). A claim that ran out is found here: the chain becomes unknown."""

    async def store(self, turn: int, successor: Successor) -> bool:
        """Store what followed on a turn and let go; False where the chain has gone on without us."""

    async def let_go(self, holder: str) -> None:
        """The refresh token was certainly not spent."""

    async def lose(self, holder: str, link: Link, now: datetime) -> None:
        """The chain is unknown or broken: people are told."""


class Tokens:
    """Gives the access token, and renews it. ``now`` is real time, as Zalo's is."""

    def __init__(
        self, chain: Chain, *, oauth_url: str, app_id: str, app_secret: str, now: Callable[[], datetime]
    ) -> None:
        self._chain, self._now = chain, now
        self._url = f"{oauth_url}/v4/oa/access_token"
        self._app_id, self._app_secret = app_id, app_secret
        self._held: Held | None = None
        self._renewing = asyncio.Lock()

    async def access(self) -> str:
        """The access token. Raises Later where there is none that may work."""
        held = self._held
        if held is None or held.access is None or held.access_until <= self._now():
            held = self._held = await self._chain.read()
        if held is None:
            raise Later("no token: run 'chatbot zalo token --paste'")
        if held.access is not None and held.access_until > self._now():
            return held.access
        return await self.renewed(held.access)

    async def renewed(self, dead: str | None, *, mend: bool = False) -> str:
        """The access token that follows on a dead one, renewed here or by another process meanwhile.

        ``mend`` renews a chain that is not whole, too. Raises Later where that cannot be done now.
        """
        async with self._renewing:
            give_up = asyncio.get_running_loop().time() + WAIT_SECONDS
            while True:
                self._held = held = await self._chain.read()
                if held is not None and held.access is not None and held.access != dead:
                    return held.access
                holder, now = secrets.token_urlsafe(12), self._now()
                claimed = await self._chain.claim(holder, now, now + LEASE, mend=mend)
                if claimed is not None:
                    return await self._renew(claimed, holder)
                held = await self._chain.read()
                if held is None or held.link is not Link.WHOLE:
                    raise Later(f"the token chain is {held.link if held else 'missing'}")
                if asyncio.get_running_loop().time() > give_up:
                    raise Later("another process renews the token")
                await asyncio.sleep(0.2)

    async def renew_early(self) -> bool:
        """Renew a token that ends soon; whether that was done. Also finds a claim whose holder died."""
        held = await self._chain.read()
        if held is None or held.link is not Link.WHOLE or held.access_until - self._now() > EARLY:
            return False
        await self.renewed(held.access)
        return True

    async def _renew(self, held: Held, holder: str) -> str:
        """One renewal of a chain that is claimed; ends with the successor stored, the claim let go, or
        the chain known to be unknown or broken."""
        try:
            answer = await self._ask(held.refresh)
        except NotCarriedOut as error:
            await self._chain.let_go(holder)
            raise Later(f"the token cannot be renewed: {error}", error.after) from None
        except Ambiguous as error:
            log.error("zalo_chain_unknown", reason=str(error))
            await self._chain.lose(holder, Link.UNKNOWN, self._now())
            raise Later("the token chain is unknown") from None
        access, refresh = answer.get("access_token"), answer.get("refresh_token")
        if not (isinstance(access, str) and access and isinstance(refresh, str) and refresh):
            code = answer.get("error")
            if code == TOO_MANY_CALLS:
                await self._chain.let_go(holder)
                raise Later("the token cannot be renewed: too many calls")
            log.error("zalo_chain_broken", code=code if isinstance(code, int) else None)
            await self._chain.lose(holder, Link.BROKEN, self._now())
            raise Later("the token chain is broken")
        now = self._now()
        lives = timedelta(seconds=_seconds(answer.get("expires_in")))
        successor = Successor(access, refresh, now + lives, now + REFRESH_LIVES)
        await self._store(held, successor)
        log.info("zalo_token_renewed")
        return access

    async def _store(self, held: Held, successor: Successor) -> None:
        """Before it is used; a database that is away is waited for, as nothing else knows the successor.
        Where it stays away the claim runs out, and the chain is found to be unknown."""
        for attempt in range(STORE_TRIES):
            try:
                if not await self._chain.store(held.turn, successor):
                    raise Later("the token chain went on elsewhere")
                break
            except Later:
                raise
            except Exception as error:
                log.error("zalo_token_not_stored", error=type(error).__name__)
                if attempt + 1 == STORE_TRIES:
                    raise Later("the token cannot be stored") from None
                await asyncio.sleep(min(5.0, 0.2 * 2**attempt))
        self._held = await self._chain.read()

    async def _ask(self, refresh: str) -> dict[str, object]:
        form = {"app_id": self._app_id, "grant_type": "refresh_token", "refresh_token": refresh}
        headers = {"secret_key": self._app_secret}
        timeout = ClientTimeout(total=CALL_SECONDS, connect=5)
        async with ClientSession(timeout=timeout, headers=headers) as session:
            return await answer_of(session, "POST", self._url, data=form)


def _seconds(value: object) -> int:
    """Zalo writes the number as a text."""
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() and 0 < len(text) < 9 else ACCESS_LIVES
