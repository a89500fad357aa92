"""Menu and help: what can be done here. Neither asks anything."""

from __future__ import annotations

from dataclasses import dataclass

from chatbot.conversation import Conversation, Done, Go, Turn


@dataclass(frozen=True, slots=True)
class Nothing:
    """The draft of a conversation that remembers nothing."""


OFFERED = (
    "profile", "export", "edit", "preferences", "erase", "complaint", "status", "identity", "policy",
    "human", "help", "language",
)  # fmt: skip
"""What the menu offers, in this order."""

menu = Conversation("menu", Nothing, commands=("start", "menu", "batdau"), intents=("greeting", "cancel"))
help_ = Conversation("help", Nothing, commands=("trogiup", "help", "huongdan"), intents=("help",))


@menu.opening
async def greet(turn: Turn[Nothing]) -> Go[Nothing] | Done:
    return Done("ask", offer=OFFERED)


@help_.opening
async def explain(turn: Turn[Nothing]) -> Go[Nothing] | Done:
    asks = ("profile", "export", "edit", "preferences", "erase", "complaint", "status")
    offer = (*asks, "policy", "human", "menu")
    return Done("text", shop=turn.shop.name, offer=offer)
