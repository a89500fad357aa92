"""What may lie open on a locked telephone of a data subject request: that there is something, and where."""

from __future__ import annotations

from chatbot.conversation import Say
from chatbot.shop import Shop


def look_at(shop: Shop, code: str, page: str | None) -> Say:
    """Where to read what there is about a request: in the chat on our own page, else by writing to the
    shop."""
    if page is None:
        return Say("request.told.write", shop=shop.name, code=code, email=shop.email)
    return Say("request.told.look", shop=shop.name, code=code, page=page, email=shop.email)
