"""Offers each change to the shop's own receiver until that has taken it.

Nothing waits for the outside inside a transaction. The receiver may get a change more than once, and, when
one was put off, after a later one: ``id`` is the same each time, ``at`` tells the order.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from datetime import datetime
from hashlib import sha256

import orjson
from aiohttp import ClientError, ClientSession, ClientTimeout

from models.change import Change
from models.database import run_tx

TIMEOUT = ClientTimeout(total=20, connect=10)
AT_ONCE = 20
"""Changes offered per round."""

TIMESTAMP = "X-Chatbot-Timestamp"
SIGNATURE = "X-Chatbot-Signature"


class ChangesHook:
    """The receiver at CHANGES_URL.

    For each change one request: POST with the change as a JSON object. ``X-Chatbot-Timestamp`` holds the
    seconds since 1970, ``X-Chatbot-Signature`` the HMAC-SHA256 under CHANGES_SECRET, in hex, of that
    timestamp, a full stop and the body. 2xx: taken. Anything else, also a redirect, which would take the
    change elsewhere: offered again after 10 seconds, then after twice as long each time, up to an hour.
    """

    name = "changes"

    def __init__(self, url: str, secret: str, wall: Callable[[], datetime]) -> None:
        self._url = url
        self._secret = secret.encode()
        self._wall = wall
        self._session: ClientSession | None = None
        self._trouble: str | None = None

    async def run(self, now: datetime, wall: datetime) -> int:
        """Offer what is due; how many changes were taken."""
        taken = 0
        for change in await Change.untaken(wall, AT_ONCE):
            if trouble := await self._offer(change):
                self._trouble = f"the receiver at CHANGES_URL does not take changes ({trouble}): check it"
                await run_tx(lambda change=change: change.put_off(wall))  # type: ignore[misc]
            else:
                self._trouble = None
                await run_tx(lambda change=change: change.taken(wall))  # type: ignore[misc]
                taken += 1
        return taken

    async def close(self) -> None:
        """Close the connections."""
        if self._session:
            await self._session.close()

    def health(self) -> str | None:
        """None while the receiver takes changes, else one line: what is wrong and what to do."""
        return self._trouble

    async def _offer(self, change: Change) -> str | None:
        """None where it was taken, else why not: no words of the receiver's, which may repeat ours."""
        body = orjson.dumps(await change.told())
        timestamp = str(int(self._wall().timestamp()))
        headers = {
            "Content-Type": "application/json",
            TIMESTAMP: timestamp,
            SIGNATURE: signature(self._secret, timestamp, body),
        }
        if self._session is None:
            self._session = ClientSession(timeout=TIMEOUT)
        try:
            post = self._session.post(self._url, data=body, headers=headers, allow_redirects=False)
            async with post as answer:
                return None if 200 <= answer.status < 300 else f"HTTP {answer.status}"
        except (ClientError, TimeoutError) as error:
            return type(error).__name__


def signature(secret: bytes, timestamp: str, body: bytes) -> str:
    """What the receiver computes too, and compares."""
    return hmac.new(secret, timestamp.encode() + b"." + body, sha256).hexdigest()
