"""``/not-me/TOKEN``: an old contact objects to a new one, undoes a change, or keeps a record that waits to be
erased, by the link in its warning.

The token stands in the path, and the page needs no script: whoever learns of it, from a log or over a
shoulder, can do nothing with it but stop the claim, undo the change or keep the record. A robot that previews
the link stops nothing: only the button's ``POST`` does. The ``GET`` says the same whatever the token is.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import datetime
from enum import StrEnum

from aiohttp import web

from chatbot.messages import About, Matter, Reply
from chatbot.pages.static import FOLDER, Static
from chatbot.pages.template import fill, language_of, load
from chatbot.shop import Shop
from chatbot.texts import Texts
from models.chat import Chat
from models.claim_states import ClaimState
from models.contact_change import ContactChange
from models.contact_claim import ContactClaim
from models.data_request import DataRequest, RequestState
from models.database import run_tx
from models.erasure import Erasure
from models.event import Event, Tag
from models.outgoing import Outgoing, Purpose


class Result(StrEnum):
    """What became of an objection: the texts ``notme.RESULT``."""

    STOPPED = "stopped"
    UNDONE = "undone"
    KEPT = "kept"
    TOO_LATE = "too_late"
    LATE = "late"
    GONE = "gone"


def notme_routes(
    texts: Texts,
    static: Static,
    shop: Shop,
    now: Callable[[], datetime],
    *,
    wait: Callable[[web.Request], float],
    committed: Callable[[], None],
) -> list[web.RouteDef]:
    """``GET`` and ``POST /not-me/TOKEN``. ``wait`` takes one try from the sender's network address and
    gives 0, or the seconds until the next one; ``committed`` says that something was queued."""
    template = load(FOLDER / "notme.html")

    def page(request: web.Request, name: str, status: int = 200, *, button: bool = False) -> web.Response:
        language = language_of(request, texts)
        words = {
            "heading": texts.get(language, f"notme{name}.heading"),
            "text": texts.get(language, f"notme{name}.text", shop=shop.name, email=shop.email),
            "lang": language,
            "base": static.base,
            "shop": shop.name,
        }
        pressed = fill(
            '<form method="post"><p><button class="button main">${words}</button></p></form>',
            {"words": texts.get(language, "notme.button")},
        )
        body = fill(template, words, trusted={"button": pressed if button else ""})
        return web.Response(text=body, status=status, content_type="text/html", charset="utf-8")

    async def show(request: web.Request) -> web.Response:
        return page(request, "", button=True)

    async def stop(request: web.Request) -> web.Response:
        if seconds := wait(request):
            slow = page(request, ".slow", 429)
            slow.headers["Retry-After"] = str(math.ceil(seconds))
            return slow
        token, at = request.match_info["token"], now()
        result = await run_tx(lambda: objected(texts, shop, token, at))
        committed()
        return page(request, f".{result}", 410 if result is Result.GONE else 200)

    return [web.get(r"/not-me/{token:[\w-]{1,100}}", show), web.post(r"/not-me/{token:[\w-]{1,100}}", stop)]


async def objected(texts: Texts, shop: Shop, token: str, now: datetime) -> Result:
    """Stop the claim of a token, undo the change, or keep the record, and have its customer and staff told.
    Inside a transaction."""
    if erasure := await Erasure.by_token(token):
        return Result.KEPT if await _kept(texts, shop, erasure, now) else Result.TOO_LATE
    if change := await ContactChange.by_token(token):
        return await _undone(texts, shop, change, now)
    found = await ContactClaim.by_token(token)
    claim = await ContactClaim.find(found.id) if found else None
    if claim is None:
        return Result.GONE
    if await claim.stop(now):
        told = texts.get(claim.chat.language, "contact.told.objected", email=shop.email)
        about = About(claim.id, Matter.CLAIM)
        await Outgoing.to_chat(claim.chat, [Reply(told)], now, purpose=Purpose.NOTICE, about=about)
        detail, words, result = "link", "contact.staff.objected", Result.STOPPED
    elif claim.state is ClaimState.OPEN and await claim.spend():
        detail, words, result = "late", "contact.staff.objected_late", Result.LATE
    else:
        return Result.STOPPED if claim.state is ClaimState.OBJECTED else Result.GONE
    await Event.record(Tag.CONTACT_OBJECTED, now, chat=claim.chat.id, customer=claim.customer, detail=detail)
    await Outgoing.to_staff(Reply(texts.get(texts.locales[0], words)), now)
    return result


async def _undone(texts: Texts, shop: Shop, change: ContactChange, now: datetime) -> Result:
    """The contacts are again what they were, also of a record that waited to be erased: it is kept."""
    chat = await Chat.hold_by_id(change.chat)
    for erasure in await Erasure.of([change.customer]):
        await _kept(texts, shop, erasure, now)
    request = await change.undo(now, shop.calendar, elsewhere=bool(shop.other_systems))
    if request is None:
        await change.refresh_from_db(fields=["undone_at"])
        return Result.UNDONE if change.undone_at else Result.GONE
    if chat:
        told = texts.get(chat.language, "contact.told.undone", email=shop.email)
        await Outgoing.to_chat(chat, [Reply(told)], now, purpose=Purpose.NOTICE)
    language = texts.locales[0]
    await Outgoing.to_staff(Reply(texts.get(language, "contact.staff.undone")), now)
    if request.state is RequestState.OPEN:
        kind, systems = texts.get(language, f"request.kind.{request.kind}"), ", ".join(shop.other_systems)
        task = texts.get(language, "request.task", code=request.code, kind=kind, systems=systems)
        await Outgoing.to_staff(Reply(task), now)
    return Result.UNDONE


async def _kept(texts: Texts, shop: Shop, erasure: Erasure, now: datetime) -> bool:
    """The record is kept; False where its erasure has begun."""
    chat = await Chat.hold_by_id(erasure.chat) if erasure.chat else None
    if not await erasure.undo(None, now):
        return False
    if chat:
        told = texts.get(chat.language, "keep.told", shop=shop.name, email=shop.email)
        await Outgoing.to_chat(chat, [Reply(told)], now, purpose=Purpose.NOTICE)
    request = await DataRequest.get_or_none(id=erasure.request) if erasure.request else None
    if request:
        words = texts.get(texts.locales[0], "keep.staff", code=request.code)
        await Outgoing.to_staff(Reply(words), now)
    return True
