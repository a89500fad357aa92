"""HTML files with holes: ``${web.chat.title}`` is a text, ``${base}`` a value of the page."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from pathlib import Path
from string import Template

import orjson
from aiohttp import web

from chatbot.pages.static import FOLDER
from chatbot.texts import SOURCE, Texts

_HEAD = (FOLDER / "head.html").read_text(encoding="utf-8")


class _Page(Template):
    idpattern = r"[a-z][a-z0-9_.]*"


def load(path: Path) -> str:
    """A page, or a part of one; a whole page gets what the head of every page holds."""
    return path.read_text(encoding="utf-8").replace("<head>\n", f"<head>\n{_HEAD}", 1)


def fill(template: str, values: Mapping[str, str], *, trusted: Mapping[str, str] | None = None) -> str:
    """Every value is escaped for text and attributes, but ``trusted`` ones, which are HTML already.

    Raises KeyError for a hole without a value.
    """
    page = _Page(template)
    # A page is handed all texts of its domain, and has holes for some.
    escaped = {name: escape(values[name]) for name in page.get_identifiers() if name in values}
    return page.substitute({**escaped, **(trusted or {})})


def json_block(value: object) -> str:
    """JSON that can stand inside a script element of type application/json."""
    return orjson.dumps(value).decode().replace("<", "\\u003c").replace(">", "\\u003e")


def language_of(request: web.Request, texts: Texts) -> str:
    """``?lang=``, else the first language of the browser that we speak, else Vietnamese."""
    wishes = [request.query.get("lang", "")]
    wishes += [wish.partition(";")[0] for wish in request.headers.get("Accept-Language", "").split(",")]
    languages = (wish.strip().lower().partition("-")[0] for wish in wishes)
    return next((language for language in languages if language in texts.locales), SOURCE)


def language_links(texts: Texts, language: str, path: str = "", query: str = "") -> str:
    """HTML: links to the same page in the other languages."""
    return "".join(
        fill(
            '<a href="${path}?lang=${locale}${query}" lang="${locale}" hreflang="${locale}">${name}</a>',
            {
                "path": path,
                "query": query,
                "locale": locale,
                "name": texts.get(locale, "web.language_name"),
            },
        )
        for locale in texts.locales
        if locale != language
    )
