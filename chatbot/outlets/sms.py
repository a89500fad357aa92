"""Text messages through an HTTP gateway."""

from __future__ import annotations

import re
from uuid import uuid4

from aiohttp import (
    ClientConnectorError,
    ClientError,
    ClientSession,
    ClientTimeout,
    ConnectionTimeoutError,
    TCPConnector,
    encode_basic_auth,
)
from yarl import URL

from chatbot.channels import Later, Pace, Refused, Unsure
from chatbot.channels.layout import parts
from chatbot.messages import Address, Reply

TIMEOUT = ClientTimeout(total=20, connect=10)
MOST_CHARACTERS = 1000
_NUMBER = re.compile(r"\+[0-9]{6,15}")


class SmsGateway:
    """The outlet "sms".

    For each message it makes one request: POST to SMS_URL with the JSON object
    ``{"to": "+84900000001", "text": "...", "id": "..."}``. ``id`` is the same however often a message is
    repeated, so that a gateway can drop a repetition. A user and password in SMS_URL travel as HTTP
    basic authentication, not in the request line. What the answer means:

    - 2xx: sent;
    - 429 and 503: not sent, tried again after ``Retry-After`` seconds;
    - any other 3xx or 4xx: refused, never tried again;
    - any other 5xx, a broken connection, no answer in 20 seconds: nobody knows whether it was sent;
    - no connection at all: not sent, tried again.

    ``health`` tells of the gateway, never of one recipient: of a refusal only 401 and 403 count, which
    refuse us.
    """

    name = "sms"
    pace = Pace()

    def __init__(self, url: str) -> None:
        address = URL(url)
        login = encode_basic_auth(address.user, address.password or "") if address.user else None
        self._headers = {"Authorization": login} if login else {}
        self._url = address.with_user(None)
        self._session: ClientSession | None = None
        self._trouble: str | None = None

    async def send(self, to: Address, reply: Reply) -> str | None:
        """Send one text message. Raises Later, Refused or Unsure."""
        if not _NUMBER.fullmatch(to.user):
            raise Refused("not a phone number")
        text = parts(reply, MOST_CHARACTERS, buttons=False, link=False)[0]
        message = {"to": to.user, "text": text, "id": str(reply.ref or uuid4())}
        try:
            # No redirects: they would take the message, and our password, elsewhere.
            async with self._opened().post(self._url, json=message, allow_redirects=False) as answer:
                status, after = answer.status, answer.headers.get("Retry-After", "")
        except (ClientConnectorError, ConnectionTimeoutError) as error:
            self._note(type(error).__name__)
            raise Later("the gateway cannot be reached") from None
        except (ClientError, TimeoutError) as error:
            self._note(type(error).__name__)
            raise Unsure("no answer from the gateway") from None
        if status < 300:
            self._trouble = None
            return None
        if status in (401, 403) or status >= 500:
            self._note(status)
        if status in (429, 503):
            raise Later(f"HTTP {status}", float(after) if after.isdecimal() else None)
        raise Refused(f"HTTP {status}") if status < 500 else Unsure(f"HTTP {status}")

    async def close(self) -> None:
        """Close the connections."""
        if self._session:
            await self._session.close()

    def health(self) -> str | None:
        """None while the gateway takes messages, else one line: what is wrong and what to do."""
        return self._trouble

    def _opened(self) -> ClientSession:
        if self._session is None:
            # A connection kept open may be closed by the gateway at the very moment of the next message,
            # and then nobody would know whether that was sent.
            connector = TCPConnector(force_close=True)
            self._session = ClientSession(headers=self._headers, timeout=TIMEOUT, connector=connector)
        return self._session

    def _note(self, what: object) -> None:
        self._trouble = f"the SMS gateway does not take messages ({what}): check SMS_URL and the gateway"
