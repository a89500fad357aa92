"""One request of Zalo's webhook -> the event in it, or the status that says what is wrong.

Zalo shows the OA's secret key only after the address of the webhook was saved, and to save it, it knocks
with an unsigned ``{}``. So the door answers that with 200 whether or not a channel is configured.
"""

from __future__ import annotations

import hashlib
import hmac

import orjson
from aiohttp import web

SIGNATURE_HEADER = "X-ZEvent-Signature"
SERVER_HEADER = "X-ZEvent-Server"
TEMPLATES_SERVER = "ZNS"
LARGEST_BODY = 1024 * 1024


def signature(app_id: str, body: bytes, timestamp: str, secret: str) -> str:
    """What Zalo signs an event with: SHA-256 of the app's id, the raw body, the body's own timestamp and
    the OA's secret key (not the app's), in lower-case hexadecimal. No HMAC."""
    return hashlib.sha256(app_id.encode() + body + timestamp.encode() + secret.encode()).hexdigest()


async def read_event(request: web.Request, app_id: str, secret: str | None) -> dict[str, object] | None:
    """The event of a request, or None for the probe at registration and for what template messages report.

    Raises HTTPForbidden, HTTPRequestEntityTooLarge or HTTPBadRequest. Without a secret nobody gets in.
    """
    body = await _body(request)
    if body.strip() in (b"", b"{}"):
        return None
    given = request.headers.get(SIGNATURE_HEADER, "").strip().removeprefix("mac=").strip()
    if not given or not secret:
        raise web.HTTPForbidden
    try:
        event = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise web.HTTPBadRequest from None
    if not isinstance(event, dict):
        raise web.HTTPBadRequest
    expected = signature(app_id, body, _timestamp(event), secret)
    if not hmac.compare_digest(given.lower().encode("utf-8", "surrogateescape"), expected.encode()):
        raise web.HTTPForbidden
    if event.get("app_id", app_id) != app_id:
        raise web.HTTPForbidden
    return None if request.headers.get(SERVER_HEADER) == TEMPLATES_SERVER else event


async def _body(request: web.Request) -> bytes:
    body = bytearray()
    try:
        async for piece in request.content.iter_any():  # counted after decompression
            body += piece
            if len(body) > LARGEST_BODY:
                raise web.HTTPRequestEntityTooLarge(LARGEST_BODY, len(body))
    except (web.RequestPayloadError, ConnectionError):
        raise web.HTTPBadRequest from None
    return bytes(body)


def _timestamp(event: dict[str, object]) -> str:
    """As it stands in the body: a text, or a number by its digits."""
    value = event.get("timestamp")
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    return str(value) if type(value) is int else ""
