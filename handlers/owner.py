"""Whose record it is hears of what was done to it: whoever holds an open chat could have done it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from chatbot.contacts import is_mobile
from chatbot.conversation import LinkTo, Say, Turn
from chatbot.messages import Kind
from models.proof import Proof


async def chats_of(contacts: Iterable[tuple[Kind, str]]) -> set[UUID]:
    """The chats that have proven one of the contacts of late."""
    return {chat for kind, value in contacts for chat in await Proof.chats_that_proved(kind, value)}


async def warned(
    turn: Turn[Any], contacts: Iterable[tuple[Kind, str]], name: str, until: datetime, token: str | None
) -> None:
    """Tell every contact, and every other chat that has proven one, what was done and how to undo it: the
    texts ``NAME.text`` and ``NAME.chat``. Without a token there is no link, and nothing to undo by it."""
    facts = {"shop": turn.shop.name, "email": turn.shop.email, "until": until}
    link = LinkTo("contact.warning.link", f"{turn.page}/not-me/{token}") if turn.page and token else None
    for kind, value in (contacts := tuple(contacts)):
        if kind is Kind.EMAIL or is_mobile(value):
            turn.tell_contact(kind, value, Say(f"{name}.text", **facts), link=link)
    for chat in sorted(await chats_of(contacts) - {turn.chat}):
        turn.tell_chat(chat, Say(f"{name}.chat", **facts))
