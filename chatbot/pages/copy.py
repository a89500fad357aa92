"""``/copy``: the download of a package, by a one-time link.

The button is answered with the file. The page sends a secret of its browser along: if a download breaks off,
that one may try again.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

from aiohttp import web
from pydantic import Field

from chatbot.clock import local_date
from chatbot.pages.onetime import OneTimePages, Press, refused
from chatbot.pages.template import language_of
from models.database import run_tx
from models.package import AGAIN, LIFE, Package


class _Press(Press):
    browser: str = Field(min_length=20, max_length=200, repr=False)


def copy_routes(pages: OneTimePages, read: Callable[[Package], AsyncIterator[bytes]]) -> list[web.RouteDef]:
    """``GET /copy`` and ``POST /copy``. ``read`` gives the bytes of a package."""

    async def spend(request: web.Request, press: _Press) -> web.StreamResponse:
        at = pages.now()
        package = await run_tx(lambda: Package.fetch(press.token, press.browser, at))
        if package is None:
            return refused("gone")
        pieces = read(package)
        try:
            # The first piece before the status: afterwards only hanging up is left to say that it failed.
            first = await anext(pieces)
        except LookupError:
            return refused("gone")
        words = pages.texts.get(language_of(request, pages.texts), "copy.file")
        name = f"{words}-{local_date(package.asked_at)}.zip"
        answer = web.StreamResponse(
            headers={
                "Content-Type": "application/zip",
                "Content-Length": str(package.size),
                "Content-Disposition": f'attachment; filename="{name}"',
                # A web server in front must not put it down on its own disk, in the clear.
                "X-Accel-Buffering": "no",
            }
        )
        await answer.prepare(request)
        await answer.write(first)
        async for piece in pieces:
            await answer.write(piece)
        await answer.write_eof()
        return answer

    return pages.routes("copy", spend, _Press, {"life": LIFE, "again": AGAIN})
