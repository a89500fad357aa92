"""What a request gets that leads nowhere or meets a fault of ours: a page for people, JSON for programs."""

from __future__ import annotations

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from chatbot.logs import describe
from chatbot.messages import Busy
from chatbot.pages.static import FOLDER, Static
from chatbot.pages.template import fill, language_of, load
from chatbot.shop import Shop
from chatbot.texts import Texts
from models.database import is_outage

RETRY_AFTER = "5"
"""Seconds after which to ask again when the database is away."""

_CODES = {400: "bad_request", 404: "not_found", 405: "not_allowed", 500: "failed", 503: "busy"}

log = structlog.get_logger()


def error_pages(texts: Texts, static: Static, shop: Shop) -> Middleware:
    """The middleware; the outermost one, so that it sees what the others raise.

    An unknown path gets 404, a wrong method 405, a body that breaks off 400, a database that is away 503 with
    Retry-After, any other fault 500. Every other answer is left as its handler made it.
    """
    template = load(FOLDER / "error.html")

    def answer(request: web.Request, status: int, headers: dict[str, str] | None = None) -> web.Response:
        code = _CODES[status]
        if "text/html" not in request.headers.get("Accept", ""):
            return web.json_response({"error": code}, status=status, headers=headers)
        language = language_of(request, texts)
        words = {
            name: texts.get(language, f"error.{key}", email=shop.email)
            for name, key in {"heading": f"{code}.heading", "text": f"{code}.text", "chat": "chat"}.items()
        }
        body = fill(template, words | {"lang": language, "base": static.base, "shop": shop.name})
        return web.Response(
            text=body, status=status, headers=headers, content_type="text/html", charset="utf-8"
        )

    @web.middleware
    async def error_page(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except web.HTTPMethodNotAllowed as refusal:
            return answer(request, 405, {"Allow": refusal.headers["Allow"]})
        except web.HTTPNotFound:
            return answer(request, 404)
        except web.HTTPException:
            raise
        except web.RequestPayloadError:
            return answer(request, 400)
        except Exception as fault:
            if request.writer.output_size:
                raise  # half of another answer is out already: only hanging up is left
            resource = request.match_info.route.resource
            # The pattern of the path, as the path itself may hold a secret.
            where = resource.canonical if resource else None
            if isinstance(fault, Busy) or is_outage(fault):
                log.warning("page_busy", page=where, fault=describe(fault))
                return answer(request, 503, {"Retry-After": RETRY_AFTER})
            log.error("page_failed", page=where, fault=describe(fault))
            return answer(request, 500)

    return error_page
