"""Chính sách: the shop's privacy policy, section by section.

choose -> read -> read ...
  ^________|  all sections
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from chatbot.answers import Listed, Option
from chatbot.conversation import Conversation, Done, Go, Say, Turn


@dataclass(frozen=True, slots=True)
class Reading:
    """Which section is open."""

    section: int = 0


policy = Conversation("policy", Reading, commands=("chinhsach", "policy"), intents=("policy",), resumes=False)


async def titles(turn: Turn[Reading]) -> list[Option]:
    sections = turn.shop.policy(turn.language)
    return [Option(str(section.number), f"{section.number}. {section.title}") for section in sections]


async def about(turn: Turn[Reading]) -> Mapping[str, object]:
    return {"shop": turn.shop.name, "count": len(turn.shop.policy(turn.language))}


@policy.step(Listed(), listed=titles, show=about)
async def choose(turn: Turn[Reading], picked: str) -> Go[Reading]:
    return opened(turn, int(picked))


async def ways_on(turn: Turn[Reading]) -> list[str]:
    last = len(turn.shop.policy(turn.language))
    ways = [("next", turn.draft.section < last), ("previous", turn.draft.section > 1)]
    return [*(way for way, possible in ways if possible), "sections", "close"]


async def section(turn: Turn[Reading]) -> Mapping[str, object]:
    sections = turn.shop.policy(turn.language)
    section = sections[min(turn.draft.section, len(sections)) - 1]  # the policy may have become shorter
    return {"number": section.number, "title": section.title, "body": section.body}


@policy.step(Listed(), listed=ways_on, show=section)
async def read(turn: Turn[Reading], picked: str) -> Go[Reading] | Done:
    match picked:
        case "next":
            return opened(turn, turn.draft.section + 1)
        case "previous":
            return opened(turn, turn.draft.section - 1)
        case "sections":
            return Go(choose, Reading())
        case _:
            return Done("closed")


def opened(turn: Turn[Reading], number: int) -> Go[Reading]:
    """A section; where it is a translation, it says so (the Vietnamese text is the policy)."""
    translated = turn.language != turn.languages[0]
    return Go(read, Reading(number), *([Say("translation")] if translated else []))
