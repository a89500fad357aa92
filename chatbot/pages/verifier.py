"""What shows Zalo that the domain is the shop's: a tag on the home page, and a file. Either is enough."""

from __future__ import annotations

from aiohttp import web

from chatbot.pages.template import fill

_TAG = '<meta name="zalo-platform-site-verification" content="${code}">'


def verification_tag(code: str | None) -> str:
    """The tag for the head of the home page; nothing without a code."""
    return fill(_TAG, {"code": code}) if code else ""


def verification_file(code: str) -> web.RouteDef:
    """The file ``/zalo_verifierCODE.html``."""

    async def show(request: web.Request) -> web.Response:
        page = f"<!doctype html><html><head>{verification_tag(code)}</head><body></body></html>"
        return web.Response(text=page, content_type="text/html", charset="utf-8")

    return web.get(f"/zalo_verifier{code}.html", show)
