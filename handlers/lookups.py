"""Ai đã xem dữ liệu của tôi: every opening of one's record by staff, when, by which role, and why.

Never by whom: members of staff have a right to their own data too. Nothing personal is said, so it is the
same on every channel.
"""

from __future__ import annotations

from chatbot.conversation import Conversation, Done, Go, Needs, Say, Turn
from handlers.menu import Nothing
from models.record_opening import MOST_TOLD, openings

lookups = Conversation(
    "lookups",
    Nothing,
    needs=Needs.CUSTOMER,
    commands=("aidaxem", "whohaslooked"),
    intents=("lookups",),
)


@lookups.opening
async def show(turn: Turn[Nothing]) -> Go[Nothing] | Done:
    record = turn.person.record
    found, more = await openings(record, MOST_TOLD) if record else ([], 0)
    if not found:
        return Done("nobody", shop=turn.shop.name, offer=("profile", "menu"))
    lines = [
        Say(
            "lookups.line",
            at=one.at,
            role=Say(f"lookups.role.{one.role}"),
            why=Say(f"lookups.why.{one.reason}"),
        )
        for one in found
    ]
    rest = [Say("more", count=more)] if more else []
    return Done("heading", *lines, *rest, shop=turn.shop.name, offer=("profile", "human", "menu"))
