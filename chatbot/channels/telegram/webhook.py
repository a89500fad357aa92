"""One request of Telegram's webhook -> the update in it, or the status that says what is wrong."""

from __future__ import annotations

import hmac

import orjson
from aiohttp import web

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"
LARGEST_BODY = 1024 * 1024


async def read_update(request: web.Request, secret: str | None) -> object:
    """The body of a request as JSON; the secret is checked before any of it is read.

    Raises HTTPForbidden, HTTPUnsupportedMediaType, HTTPRequestEntityTooLarge or HTTPBadRequest.
    Without a secret nobody gets in.
    """
    given = request.headers.get(SECRET_HEADER, "").encode("utf-8", "surrogateescape")
    if not secret or not hmac.compare_digest(given, secret.encode()):
        raise web.HTTPForbidden
    if request.content_type != "application/json":
        raise web.HTTPUnsupportedMediaType
    body = bytearray()
    try:
        async for piece in request.content.iter_any():  # counted after decompression
            body += piece
            if len(body) > LARGEST_BODY:
                raise web.HTTPRequestEntityTooLarge(LARGEST_BODY, len(body))
        return orjson.loads(body)
    except (orjson.JSONDecodeError, web.RequestPayloadError, ConnectionError):
        raise web.HTTPBadRequest from None
