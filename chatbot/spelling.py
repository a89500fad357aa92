"""Mend words that nobody taught us: raw Telex or VNI typing, words run together, one slip of a finger."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping

_VNI = re.compile(r"[a-z]+(?:[1-9]+[a-z]*)+")
_VOWEL = re.compile(r"[aeiouy]")
_TWICE = re.compile(r"(.)\1")
_LONGEST = 24
"""Letters. A longer word is not mended, so that no message costs more than a few of these."""


class Spelling:
    """Knows the folded words of the phrases, and which of them a strange word was meant to be."""

    def __init__(self, counts: Mapping[str, int]) -> None:
        """``counts`` says how often each known word occurs in the phrases."""
        self._counts = counts
        self._one_less: dict[str, list[str]] = defaultdict(list)
        for word, count in counts.items():
            if len(word) >= 4 and count > 1:
                for shorter in _without_one(word):
                    self._one_less[shorter].append(word)

    def mend(self, word: str) -> list[str]:
        """The known words that ``word`` stands for, or the word itself where nothing fits."""
        if word in self._counts or len(word) > _LONGEST:
            return [word]
        for guess in _typed_raw(word):
            if guess in self._counts:
                return [guess]
        return self._parted(word) or self._one_slip(word) or [word]

    def _parted(self, word: str) -> list[str]:
        """The fewest common words that make up ``word`` when written together ("xoadulieu")."""
        best: dict[int, list[str]] = {0: []}
        for end in range(2, len(word) + 1):
            for start in range(max(0, end - 6), end - 1):
                piece = word[start:end]
                if start in best and self._counts.get(piece, 0) > 2:
                    parts = [*best[start], piece]
                    if end not in best or len(parts) < len(best[end]):
                        best[end] = parts
        return best.get(len(word), []) if len(word) >= 6 else []

    def _one_slip(self, word: str) -> list[str]:
        """The commonest known word that differs by one letter: left out, added, changed or swapped."""
        if len(word) < 4:
            return []
        near = set(self._one_less.get(word, ()))
        for shorter in _without_one(word):
            if len(shorter) > 2 and self._counts.get(shorter, 0) > 1:
                near.add(shorter)
            near.update(other for other in self._one_less.get(shorter, ()) if len(other) == len(word))
        return [max(near, key=lambda known: (self._counts[known], known))] if near else []


def _without_one(word: str) -> Iterator[str]:
    return (word[:at] + word[at + 1 :] for at in range(len(word)))


def _typed_raw(word: str) -> Iterator[str]:
    """What ``word`` would be without accents if it was typed by VNI ("tie61n"), with letters doubled
    for stress ("shopp"), or by Telex ("ddienej": the marks may come at the end)."""
    if _VNI.fullmatch(word):
        yield re.sub("[1-9]", "", word)
    yield _TWICE.sub(r"\1", word)
    plain = re.sub("dd|aa|ee|oo", lambda pair: pair[0][0], word).replace("w", "")
    vowel = _VOWEL.search(plain)
    if vowel is None:
        return
    plain = plain[: vowel.end()] + re.sub("[sfrxjz]", "", plain[vowel.end() :])
    yield plain
    for mark in "aeod":
        if plain.count(mark) > 1:
            last = plain.rindex(mark)
            yield plain[:last] + plain[last + 1 :]
