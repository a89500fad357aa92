"""Which conversation a free text asks for, offline: a linear model over the clues of chatbot/wording.py.

It learns from data/intents.toml when it is first asked for. Nothing of a text is logged or kept.
"""

from __future__ import annotations

import math
import random
import tomllib
from array import array
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

from chatbot import wording
from chatbot.folding import fold
from chatbot.spelling import Spelling

THRESHOLD = 0.7
"""From this score on: do it. Below: ask which of the two best was meant."""

NONE = "none"
"""The intent of everything that is no request to this desk: goods, orders, thanks, nonsense."""

_ROUNDS = 3
_RATE = 4.0
_LEARNT = 0.97
"""A phrase that scores this much is not practised again in the same round."""


@dataclass(frozen=True, slots=True)
class Guess:
    """An intent, and how sure it is that it was meant, from 0 to 1."""

    intent: str
    score: float


class Intents:
    """Recognises intents. Make it once with ``load``: learning takes about 0.2 s, a guess 0.1 ms."""

    def __init__(self, phrases: Mapping[str, Iterable[str]]) -> None:
        """Learn from ``phrases`` by intent. The same phrases always give the same scores."""
        self._names = sorted(phrases)
        read = [(wording.words(phrase), name) for name in self._names for phrase in phrases[name]]
        self._known = Counter(word for message, _ in read for word in message)
        self._spelling = Spelling(self._known)
        asked = [(wording.request(message), name) for message, name in read]
        self._exact = {tuple(message): name for message, name in asked}
        examples = [(sorted(wording.features(message)), self._names.index(name)) for message, name in asked]
        self._weights = _learn(examples, len(self._names))

    @staticmethod
    @cache
    def load() -> Intents:
        """The recogniser of the shipped phrases; learnt once in a process."""
        table = tomllib.loads((resources.files("chatbot") / "data" / "intents.toml").read_text("utf-8"))
        return Intents({name: entry["phrases"] for name, entry in table.items()})

    def guess(self, text: str) -> list[Guess]:
        """What ``text`` may ask for, the likeliest first; at least one, every intent where it is unsure.

        Any text will do: empty, endless, or of bytes that were no text. "none" says that it is no
        request to this desk.
        """
        message = wording.words(text)
        digits = fold(text.strip()[:40]).replace(" ", "")
        if len(digits) == 6 and digits.isdecimal():
            return [Guess("verify", 1.0)]
        if message == [wording.CASE]:
            return [Guess("track_case", 1.0)]
        if wording.is_greeting(message):
            return [Guess("greeting", 1.0)]
        mended = [part for word in message for part in self._spelling.mend(word)]
        asked = wording.request(mended)
        if not any(word in self._known for word in asked):
            return [Guess(NONE, 1.0)]
        if exact := self._exact.get(tuple(asked)):
            return [Guess(exact, 1.0)]
        rows = [self._weights[feature] for feature in wording.features(asked) if feature in self._weights]
        scores = _softmax(_sums(rows))
        ranked = sorted(zip(scores, self._names, strict=True), reverse=True)
        return [Guess(name, score) for score, name in ranked]


def _sums(rows: Sequence[Sequence[float]]) -> list[float]:
    """The sum of each column, scaled so that a long message is no surer than a short one."""
    scale = 1 / math.sqrt(len(rows))
    return [sum(column) * scale for column in zip(*rows, strict=True)]


def _softmax(values: Sequence[float]) -> list[float]:
    top = max(values)
    powers = [math.exp(value - top) for value in values]
    total = sum(powers)
    return [power / total for power in powers]


def _learn(examples: Sequence[tuple[list[str], int]], names: int) -> dict[str, array[float]]:
    """Multinomial logistic regression by stochastic gradient descent, a row of weights per feature."""
    weights = {feature: [0.0] * names for found, _ in examples for feature in found}
    practice = [([weights[feature] for feature in found], right) for found, right in examples]
    chance = random.Random(1)  # a fixed order: two processes must understand alike
    for turn in range(_ROUNDS):
        chance.shuffle(practice)
        for rows, right in practice:
            scores = _softmax(_sums(rows))
            if scores[right] > _LEARNT:
                continue
            step = _RATE / (1 + 0.3 * turn) / math.sqrt(len(rows))
            moves = [(name, step * ((name == right) - score)) for name, score in enumerate(scores)]
            moves = [(name, move) for name, move in moves if abs(move) > 0.02 * step]
            for row in rows:
                for name, move in moves:
                    row[name] += move
    return {feature: array("f", row) for feature, row in weights.items()}
