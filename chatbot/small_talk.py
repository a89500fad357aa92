"""Words that ask for nothing that a conversation does, and yet want an answer: thanks, and who is there.

The lists are in data/small_talk.toml. The recogniser of intents has no part in this: to it these
messages are no request.
"""

from __future__ import annotations

import tomllib
from enum import Enum
from importlib import resources

from chatbot.folding import fold


class SmallTalk(Enum):
    """What such a message means."""

    THANKS = "thanks"
    """Thanks, a good-bye, or a mere "ok"."""
    WHO = "who"
    """Is this a human being or a machine?"""


_LISTS = tomllib.loads((resources.files("chatbot") / "data" / "small_talk.toml").read_text("utf-8"))
_PARTICLES = sorted(map(fold, _LISTS["particles"]), key=len, reverse=True)
_LONGEST = 80
"""Characters: a longer message says more than these."""


def small_talk(text: str) -> SmallTalk | None:
    """What a message means that says nothing else; None for any other."""
    if len(text) > _LONGEST:
        return None
    words = fold(text)
    if not words:
        signs = any(sign in text for sign in _LISTS["thanks_signs"])
        return SmallTalk.THANKS if signs else None
    return _MEANINGS.get(words) or _MEANINGS.get(_bare(words))


def _bare(words: str) -> str:
    """Folded words without the particles around them."""
    while True:
        shorter = words
        for particle in _PARTICLES:
            shorter = shorter.removeprefix(f"{particle} ").removesuffix(f" {particle}")
        if shorter == words:
            return words
        words = shorter


_MEANINGS = {fold(phrase): meaning for meaning in SmallTalk for phrase in _LISTS[meaning.value]}
