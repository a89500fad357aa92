"""The headers that every answer of this server carries.

A page gets what it needs and nothing else: our own scripts and styles from /static, no inline script or
style, nothing from outside.
"""

from __future__ import annotations

import re

from aiohttp import web

_HOST = re.compile(r"[A-Za-z0-9.-]{1,253}(:\d{1,5})?|\[[0-9A-Fa-f:.]{2,45}\](:\d{1,5})?")

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


def page_policy(request: web.Request, *, framed_by: tuple[str, ...] = (), frames: str = "'none'") -> str:
    """The Content-Security-Policy of a page; ``framed_by`` are the sources that may show it in a frame."""
    # Older Safari does not count a WebSocket of our own host as 'self'.
    sockets = f" ws://{request.host} wss://{request.host}" if _HOST.fullmatch(request.host) else ""
    ancestors = " ".join(framed_by) or "'none'"
    return "; ".join(
        [
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self' data:",
            f"connect-src 'self'{sockets}",
            f"frame-src {frames}",
            f"frame-ancestors {ancestors}",
            "base-uri 'none'",
            "form-action 'self'",
        ]
    )


async def secure(request: web.Request, response: web.StreamResponse) -> None:
    """Set what the handler has not set itself. Append to ``app.on_response_prepare``.

    A signal and no middleware, as it also reaches answers that are sent while their handler runs:
    downloads, event streams, WebSockets.
    """
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault("Content-Security-Policy", page_policy(request))
    response.headers.pop("Server", None)
