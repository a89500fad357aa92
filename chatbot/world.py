"""What every dialogue shares, put together once at start."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from chatbot.messages import Ability, Kind
from chatbot.registry import Registry
from chatbot.shop import Shop
from chatbot.texts import Texts


class Guess(Protocol):
    """An intent and how sure it is, from 0 to 1."""

    @property
    def intent(self) -> str: ...
    @property
    def score(self) -> float: ...


Understand = Callable[[str], Sequence[Guess]]


@dataclass(frozen=True, slots=True)
class World:
    """``sure`` is the score from which an intent is followed without asking. ``codes`` are the kinds of
    contact to which codes can be sent, ``letters`` those that take any words. ``page`` is the address of our
    own pages from outside."""

    registry: Registry
    texts: Texts
    shop: Shop
    understand: Understand
    sure: float
    abilities: Mapping[str, frozenset[Ability]]
    codes: frozenset[Kind]
    letters: frozenset[Kind]
    page: str | None
