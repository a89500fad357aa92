"""One HTTP call to Zalo. No error raised here carries an address, a body or the original exception."""

from __future__ import annotations

from typing import Any

import orjson
from aiohttp import ClientConnectorError, ClientError, ClientSession, ConnectionTimeoutError

LARGEST_ANSWER = 1024 * 1024


class NotCarriedOut(Exception):
    """Zalo certainly did not act on the call: it may be repeated, after so many seconds."""

    def __init__(self, reason: str, after: float | None = None) -> None:
        super().__init__(reason)
        self.after = after


class Ambiguous(Exception):
    """Nobody knows whether Zalo acted on the call."""


async def answer_of(session: ClientSession, method: str, url: str, **what: Any) -> dict[str, Any]:
    """Make one call; the JSON object that Zalo answers with, be it an error or not.

    Raises NotCarriedOut or Ambiguous. Behind a 500, 502 or 504 that a proxy wrote the call may have gone
    through; any other status without an answer of Zalo's own means that it did not.
    """
    try:
        async with session.request(method, url, allow_redirects=False, **what) as response:
            status, after = response.status, response.headers.get("Retry-After", "")
            payload = await response.content.read(LARGEST_ANSWER)
    except (ClientConnectorError, ConnectionTimeoutError):
        raise NotCarriedOut("Zalo cannot be reached") from None
    except TimeoutError:
        raise Ambiguous("no answer in time") from None
    except (ClientError, OSError) as error:
        raise Ambiguous(type(error).__name__) from None
    try:
        answer = orjson.loads(payload)
    except orjson.JSONDecodeError:
        answer = None
    if isinstance(answer, dict) and status < 500:
        return answer
    if status < 300 or status in (500, 502, 504):
        raise Ambiguous(f"HTTP {status} without an answer")
    raise NotCarriedOut(f"HTTP {status}", float(after) if after.isdecimal() else None)
