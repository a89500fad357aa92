"""The shop's privacy policy: a text in numbered sections, read without changing a word."""

from __future__ import annotations

import re
from dataclasses import dataclass
from unicodedata import normalize

_TITLE = re.compile(r"(\d+)\. (.+?):?$")


@dataclass(frozen=True, slots=True)
class Section:
    """One section: its number, its title without the colon, and its body, a line per bullet."""

    number: int
    title: str
    body: str


def parse_policy(text: str) -> tuple[Section, ...]:
    """Split a policy into its sections: ``1. Title:``, then bullets that begin with a dash.

    Lines that were only wrapped are joined; what stands before section 1 is its heading and left out.
    Raises ValueError when the sections are not numbered 1, 2, 3 ... or one of them is empty.
    """
    titles: list[str] = []
    bodies: list[list[str]] = []
    for line in normalize("NFC", text).splitlines():
        words = line.strip()
        title = _TITLE.match(words)
        if title:
            if int(title[1]) != len(titles) + 1:
                raise ValueError(f"section {len(titles) + 1} of the policy is missing before {words!r}")
            titles.append(title[2])
            bodies.append([])
        elif words and titles:
            if words.startswith(("–", "-", "•")) or not bodies[-1]:
                bodies[-1].append(words)
            else:
                bodies[-1][-1] += f" {words}"
    if not titles:
        raise ValueError("the policy has no section that begins with '1. '")
    if not all(bodies):
        raise ValueError(f"section {bodies.index([]) + 1} of the policy is empty")
    return tuple(
        Section(number, title, "\n".join(body))
        for number, (title, body) in enumerate(zip(titles, bodies, strict=True), start=1)
    )
