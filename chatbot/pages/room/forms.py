"""What comes in with a request of the staff room, and where it may lead."""

from __future__ import annotations

import hmac
import re
from urllib.parse import parse_qsl

from aiohttp import web

from models.keys import ring

FIELD = "form"
"""The hidden field of every form that somebody who is signed in can send."""
HEADER = "X-Room-Staff"
"""Stands in for it where a script asks: a foreign page cannot set it without asking us first."""
HOME = "/staff"

_MOST_FIELDS = 50
_PAGE = re.compile(r"/staff(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*(\?[A-Za-z0-9._~=&%+-]*)?")
_DOORS = re.compile(r"/staff/(join|sign-in|sign-out|language)\b")


async def form_of(request: web.Request) -> dict[str, str]:
    """The fields of a form, which may be asked for again.

    Raises HTTPUnsupportedMediaType for a body of another kind, HTTPBadRequest for one that cannot be read.
    """
    if request.content_type != "application/x-www-form-urlencoded":
        raise web.HTTPUnsupportedMediaType(text="a form is expected\n")
    try:
        body = (await request.read()).decode("ascii")
        fields = parse_qsl(body, keep_blank_values=True, errors="strict", max_num_fields=_MOST_FIELDS)
    except ValueError:
        raise web.HTTPBadRequest(text="the form cannot be read\n") from None
    return dict(fields)


async def is_meant(request: web.Request, form: str) -> bool:
    """Whether a request that changes something was sent from a page that we made for this session."""
    if HEADER in request.headers:
        return True
    sent = (await form_of(request)).get(FIELD, "")
    return hmac.compare_digest(sent.encode(), form.encode())


def form_token(cookie: str) -> str:
    """What the forms of a session carry."""
    return ring().code_digest(cookie, b"staff form").hex()


def safe_next(wanted: str) -> str:
    """A path of the room to go on to, else its first page: never another site, never a way in or out."""
    return wanted if _PAGE.fullmatch(wanted) and not _DOORS.match(wanted) else HOME
