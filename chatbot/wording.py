"""From a message as people type it to the clues that the recogniser of intents weighs.

Short forms are written out, politeness around a request is dropped, of two wishes the first is kept,
and what is denied is marked: "đừng xoá, chỉ sửa" speaks of changing, not of erasing. The lists are in
data/wording.toml.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Sequence
from importlib import resources
from itertools import combinations, pairwise

from chatbot.folding import fold

_MOST = 1000
"""Characters of a message that are read: what is wanted stands in its first sentences."""

_LISTS = tomllib.loads((resources.files("chatbot") / "data" / "wording.toml").read_text("utf-8"))
_SHORT: dict[str, list[str]] = {short: full.split() for short, full in _LISTS["short_forms"].items()}
_DENIAL = {name: frozenset(words) for name, words in _LISTS["negation"].items()}
_CASE_NUMBER = re.compile(r"\b(?:[a-z]{1,4}[-\s#]{0,2})?\d{2,4}-\d{3,}(?:-\w)?\b|\bkn[-\s#]{0,2}\d{2,}\b")
_EMAIL = re.compile(r"[^\s@]{1,64}@[^\s@]{1,255}")
_PAUSE = re.compile(r"[,.;:!?\n()…]+|\s[-–]\s")
_STRETCHED = re.compile(r"(.)\1{2,}")

PAUSE = "|"
CASE = "#case"
CODE = "#6"


def _phrases(entries: Iterable[str]) -> frozenset[tuple[str, ...]]:
    return frozenset(tuple(entry.split()) for entry in entries)


_GREETINGS = _phrases(_LISTS["polite"]["greetings"])
_OPENERS = _GREETINGS | _phrases([*_LISTS["polite"]["openers"], PAUSE])
_CLOSERS = _phrases([*_LISTS["polite"]["closers"], PAUSE])
_BEFORE = _phrases(_LISTS["order"]["before"])
_AFTER = _phrases(_LISTS["order"]["after"])
_LINKS = _phrases(_LISTS["order"]["then"]) | _BEFORE | _AFTER
_LINK_WORDS = frozenset(link[0] for link in _LINKS)
_CLAUSE_ENDS = frozenset((PAUSE, "thi"))
_FILLERS = frozenset(_LISTS["order"]["fillers"])
_PAST = frozenset(_LISTS["order"]["past"])
_ACTIONS = frozenset(_LISTS["order"]["actions"])

_CLUES: dict[tuple[str, ...], list[str]] = {}
for _clue, _entries in _LISTS["clues"].items():
    for _entry in _entries:
        _CLUES.setdefault(tuple(_entry.split()), []).append(_clue)
_LONGEST_CLUE = max(map(len, _CLUES))


def words(text: str) -> list[str]:
    """The folded words of a message, short forms written out; "|" between clauses, "#case" for a case
    number, "#6" for six digits, "#phone" and "#n" for other numbers, "#email" for an address."""
    lower = unicodedata.normalize("NFC", text[:_MOST].casefold())
    lower = _CASE_NUMBER.sub(" casenumber ", _EMAIL.sub(" emailaddress ", lower))
    # Unaccented, "đừng" (do not) looks like "dùng" (use), and "không" is what it means.
    lower = lower.replace("đừng", "không").replace("n't", " not").replace("n’t", " not")
    found: list[str] = []
    for clause in _PAUSE.split(lower):
        for word in fold(clause).split():
            found += _written_out(word)
        if found and found[-1] != PAUSE:
            found.append(PAUSE)
    for at, (word, after) in enumerate(pairwise(found)):
        if word == "dung" and after in _DENIAL["after_dung"]:
            found[at] = "khong"
    return found[:-1]


def _written_out(word: str) -> list[str]:
    if word.isdigit():
        return [CODE if len(word) == 6 else "#phone" if 9 <= len(word) <= 11 else "#n"]
    if word in ("casenumber", "emailaddress"):
        return [CASE if word == "casenumber" else "#email"]
    word = _STRETCHED.sub(r"\1", word)
    return _SHORT.get(word, [word])


def is_greeting(message: Sequence[str]) -> bool:
    """Whether the message greets and says nothing more."""
    return _leading(message, _GREETINGS) > 0 and not _trimmed(message)


def request(message: Sequence[str]) -> list[str]:
    """The words of what is asked for, politeness apart; of "X and then Y" only X."""
    return _first_wanted(_trimmed(message) or list(message))


def _leading(message: Sequence[str], phrases: frozenset[tuple[str, ...]], at: int = 0) -> int:
    """How many words the longest of ``phrases`` that stands at ``at`` takes up; 0 if none does."""
    return next((size for size in (3, 2, 1) if tuple(message[at : at + size]) in phrases), 0)


def _trimmed(message: Sequence[str]) -> list[str]:
    first = 0
    while size := _leading(message, _OPENERS, first):
        first += size
    left = list(message[first:])
    while size := next((size for size in (3, 2, 1) if tuple(left[-size:]) in _CLOSERS), 0):
        del left[-size:]
    return left


def _first_wanted(message: list[str]) -> list[str]:
    if _LINK_WORDS.isdisjoint(message):
        return message
    if _leading(message, _BEFORE) and not _CLAUSE_ENDS.isdisjoint(message[:-1]):
        return message[min(at for at, word in enumerate(message) if word in _CLAUSE_ENDS) + 1 :]
    for at in range(1, len(message)):
        if size := _leading(message, _LINKS, at):
            left, right = message[:at], message[at + size :]
            while right and right[0] in _FILLERS:
                right = right[1:]
            if _acts(left) and _acts(right[:2]) and _PAST.isdisjoint(left):
                return right if _leading(message, _AFTER, at) else left
    return message


def _acts(message: Sequence[str]) -> bool:
    return any(clue in _ACTIONS for clue in _found_clues(message))


def features(message: Sequence[str]) -> set[str]:
    """What the recogniser weighs: words, neighbours, clues (a leading "@") and pairs of clues."""
    marked = _with_denials(message)
    found = {word for word in marked if word != PAUSE}
    found.update(f"{one} {two}" for one, two in pairwise(["^", *marked, "$"]))
    clues = _found_clues(marked)
    found.update(clue if clue[0] == "!" else f"@{clue}" for clue in clues)
    found.update(f"@{one}@{two}" for one, two in combinations(sorted(clues), 2))
    return found if clues else found | {"@"}


def _with_denials(message: Sequence[str]) -> list[str]:
    """The words, those that are denied with a leading "!": at most four, up to a turn of thought."""
    marked: list[str] = []
    left = 0
    for word, after in zip(message, [*message[1:], PAUSE], strict=True):
        denied = False
        if word in _DENIAL["turns"]:
            left = 0
        elif word in _DENIAL["words"] and after not in _DENIAL["blind"]:
            left = 4
        elif left and (left < 4 or word not in _DENIAL["skipped"]):
            denied, left = True, left - 1
        marked.append(f"!{word}" if denied else word)
    return marked


def _found_clues(marked: Sequence[str]) -> list[str]:
    """The clues in order, each once; a denied one with a leading "!"."""
    plain = [word.lstrip("!") for word in marked]
    found: dict[str, None] = {}
    at = 0
    while at < len(plain):
        size = min(_LONGEST_CLUE, len(plain) - at)
        while size and tuple(plain[at : at + size]) not in _CLUES:
            size -= 1
        for clue in _CLUES.get(tuple(plain[at : at + size]), ()):
            found[f"!{clue}" if marked[at][0] == "!" else clue] = None
        at += size or 1
    return list(found)
