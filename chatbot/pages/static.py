"""The scripts, styles and pictures of our pages, under an address that changes with their content."""

from __future__ import annotations

import hashlib
import mimetypes
from collections.abc import Iterable
from pathlib import Path

from aiohttp import web

FOLDER = Path(__file__).parent.parent / "static"
_SERVED = {".css", ".js", ".svg"}


class Static:
    """The files of a folder, read once. All share one version, so that modules import each other by
    relative paths and a browser never mixes two releases."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._files = {
            path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.suffix in _SERVED
        }
        whole = hashlib.sha256()
        for name, content in self._files.items():
            whole.update(name.encode() + b"\0" + content + b"\0")
        self._version = whole.hexdigest()[:12]

    @property
    def base(self) -> str:
        """The path, ending in a slash, below which the files of this version lie."""
        return f"/static/{self._version}/"

    def routes(self) -> Iterable[web.RouteDef]:
        """``GET /static/VERSION/NAME``."""
        return [web.get("/static/{version}/{name}", self._serve)]

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["name"]
        content = self._files.get(name)
        if content is None:
            raise web.HTTPNotFound
        # A page of another release asks for another version: it gets this one, but must not keep it.
        current = request.match_info["version"] == self._version
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
        return web.Response(
            body=content,
            content_type="text/javascript" if name.endswith(".js") else kind,
            charset="utf-8",
            headers={"Cache-Control": "public, max-age=31536000, immutable" if current else "no-store"},
        )
