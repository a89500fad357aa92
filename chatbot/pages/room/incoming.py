"""A file that a script of the room sends as the body of a request: large files are never held in memory."""

from __future__ import annotations

from collections.abc import AsyncIterator
from urllib.parse import unquote

from aiohttp import web

from chatbot.pages.room.forms import HEADER

NAME = "X-File-Name"
"""The name of a file that is put in, percent-encoded: a header, as no address may hold personal data."""
_PIECE = 64 * 1024


def incoming(request: web.Request) -> tuple[str, AsyncIterator[bytes]]:
    """The name of the file, and its bytes in pieces. Raises HTTPUnsupportedMediaType where it is none."""
    if HEADER not in request.headers or request.content_type != "application/octet-stream":
        raise web.HTTPUnsupportedMediaType(text="the bytes of a file are expected\n")
    return unquote(request.headers.get(NAME, ""), errors="replace")[:200], _body(request)


async def _body(request: web.Request) -> AsyncIterator[bytes]:
    async for piece in request.content.iter_chunked(_PIECE):
        yield piece
