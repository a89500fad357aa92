"""A file out of the room: always to be saved, never shown as a page of ours."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import suppress
from urllib.parse import quote

from aiohttp import web


async def attachment(request: web.Request, pieces: AsyncIterator[bytes], name: str) -> web.StreamResponse:
    """Send a file in pieces, to be saved under a name that is safe. The answer begins with the first piece,
    so that whatever keeps the file from being opened is raised before it. What comes after breaks it off.
    """
    first = await anext(pieces, b"")
    response = web.StreamResponse(
        headers={
            "Content-Type": "application/octet-stream",
            # RFC 6266: the name in ASCII for what knows no other, and as it is.
            "Content-Disposition": (
                f"attachment; filename=\"{_ascii(name)}\"; filename*=UTF-8''{quote(name, safe='')}"
            ),
            "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
        }
    )
    with suppress(ConnectionError):
        await response.prepare(request)
        await response.write(first)
        async for piece in pieces:
            await response.write(piece)
        await response.write_eof()
    return response


def _ascii(name: str) -> str:
    return "".join(one if one.isascii() and one.isprintable() and one not in '"\\%' else "_" for one in name)
