"""HTTP to the Bot API: one shared aiohttp session under python-telegram-bot's ``Bot``.

The SDK's own transport costs five to nine times the CPU, and logs every address with the bot token in it. No
error raised here carries an address, a body or the original exception, because each of them may.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator
from typing import Any
from urllib.parse import urlencode

import aiohttp
import orjson
from telegram.error import NetworkError, TelegramError, TimedOut
from telegram.request import BaseRequest, RequestData

CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 15.0
DOWNLOAD_SECONDS = 120.0
PIECE = 64 * 1024
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}

# At DEBUG the SDK logs tokens, addresses and whole messages.
logging.getLogger("telegram").setLevel(logging.WARNING)


class NotDone(NetworkError):
    """Telegram certainly did not act on the call: it may be repeated, after so many seconds."""

    def __init__(self, reason: str, after: float | None = None) -> None:
        super().__init__(reason)
        self.after = after


class DeadFile(TelegramError):
    """There is no file under the address any more."""


class AiohttpRequest(BaseRequest):
    """The SDK's transport on aiohttp. The session is opened on first use, within the running loop."""

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None

    @property
    def read_timeout(self) -> float:
        """Seconds within which an answer must have come, unless a call says otherwise."""
        return ANSWER_SECONDS

    async def initialize(self) -> None:
        """Open the session, if it is not open."""
        self._open()

    async def shutdown(self) -> None:
        """Close the session and its connections."""
        if self._session is not None:
            await self._session.close()

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        """Read an answer of the Bot API. Raises TelegramError, without quoting it, if it is none."""
        try:
            answer = orjson.loads(payload)
        except orjson.JSONDecodeError:
            raise TelegramError("the answer is no JSON") from None
        if not isinstance(answer, dict):
            raise TelegramError("the answer is no JSON object")
        return answer

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: Any = BaseRequest.DEFAULT_NONE,
        write_timeout: Any = BaseRequest.DEFAULT_NONE,
        connect_timeout: Any = BaseRequest.DEFAULT_NONE,
        pool_timeout: Any = BaseRequest.DEFAULT_NONE,
    ) -> tuple[int, bytes]:
        """Make one call. Raises NotDone, TimedOut or NetworkError; the latter two are ambiguous."""
        seconds = read_timeout if isinstance(read_timeout, int | float) else ANSWER_SECONDS
        # Encoded here: aiohttp's own FormData takes as long as the rest of its request.
        data = urlencode(request_data.json_parameters).encode() if request_data else None
        headers = _FORM if data else None
        try:
            async with self._open().request(
                method, url, data=data, headers=headers, timeout=_timeout(seconds), allow_redirects=False
            ) as response:
                status, payload = response.status, await response.read()
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError):
            raise NotDone("Telegram cannot be reached") from None
        except TimeoutError:
            raise TimedOut("no answer in time") from None
        except Exception as error:
            raise NetworkError(type(error).__name__) from None
        if status >= 300:
            self._refuse_if_not_done(status, payload)
        return status, payload

    def _refuse_if_not_done(self, status: int, payload: bytes) -> None:
        """Raise NotDone where nothing can have happened.

        Telegram's own "not ok" is final even with a 5xx. A page that a proxy wrote is not: behind a
        500, 502 or 504 the call may have gone through; other statuses mean that the proxy kept it.
        """
        try:
            answer = self.parse_json_payload(payload)
        except TelegramError:
            answer = {}
        if answer.get("ok") is not False:
            if status not in (500, 502, 504):
                raise NotDone(f"a proxy answered {status}")
        elif status == 429 or status >= 500:
            parameters = answer.get("parameters")
            after = parameters.get("retry_after") if isinstance(parameters, dict) else None
            raise NotDone(f"Telegram answered {status}", after if isinstance(after, int | float) else None)

    async def download(self, url: str) -> AsyncGenerator[bytes, None]:
        """The bytes of a file, in pieces. Raises DeadFile or NetworkError."""
        try:
            async with self._open().get(
                url, timeout=_timeout(DOWNLOAD_SECONDS), allow_redirects=False
            ) as response:
                if response.status in (400, 404, 410):
                    raise DeadFile("no such file")
                if response.status != 200:
                    raise NetworkError(f"the download answered {response.status}")
                async for piece in response.content.iter_chunked(PIECE):
                    yield piece
        except (aiohttp.ClientError, TimeoutError) as error:
            raise NetworkError(type(error).__name__) from None

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None or self._session.closed:
            self._session = aiohttp.ClientSession(headers={"User-Agent": self.USER_AGENT})
        return self._session


def _timeout(seconds: float) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(total=seconds, connect=CONNECT_SECONDS)
