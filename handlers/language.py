"""Ngôn ngữ: in which language the desk answers in this chat."""

from __future__ import annotations

from chatbot.answers import Listed
from chatbot.conversation import Conversation, Done, Turn
from handlers.menu import Nothing

language = Conversation("language", Nothing, commands=("ngonngu", "language"), intents=("language",))


async def languages(turn: Turn[Nothing]) -> tuple[str, ...]:
    return turn.languages


@language.step(Listed(), listed=languages)
async def pick(turn: Turn[Nothing], picked: str) -> Done:
    turn.speak(picked)
    return Done("changed")
