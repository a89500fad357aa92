"""A neutral ``Reply`` as plain text: numbered lines where buttons are lacking, cut into parts that fit."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

from chatbot.messages import Reply

Size = Callable[[str], int]

# From the best place to cut to the worst. The first three count only in the second half of what fits,
# so that one early paragraph break does not make a tiny part.
_PARAGRAPH = re.compile(r"\n\s*\n")
_LINE = re.compile(r"\n")
_SENTENCE = re.compile(r"""[.!?…]["'”’)]*\s""")
_SPACE = re.compile(r"\s")
_JOINER = "\u200d"


def utf16_units(text: str) -> int:
    """The length of a text as Telegram counts it: in UTF-16 code units (an emoji is often two)."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def parts(reply: Reply, limit: int, *, buttons: bool, link: bool, size: Size = len) -> list[str]:
    """The words of a reply in parts of at most ``limit``, measured by ``size``.

    ``buttons`` and ``link`` say whether the channel shows those itself; what it does not is put into
    the text, the choices as numbered lines (a typed number means the choice), the link at the end.
    """
    blocks = [reply.text]
    if reply.buttons and not buttons:
        blocks.append(numbered(reply))
    if reply.link and not link:
        blocks.append(f"{reply.link.label}: {reply.link.url}")
    return split("\n\n".join(blocks), limit, size)


def numbered(reply: Reply) -> str:
    """The choices of a reply as numbered lines, from the first that is to be shown."""
    shown = reply.buttons[reply.first :]
    return "\n".join(f"{n}. {button.label}" for n, button in enumerate(shown, reply.first + 1))


def split(text: str, limit: int, size: Size = len) -> list[str]:
    """Cut a text into parts of at most ``limit``: between paragraphs, else lines, sentences, words."""
    found: list[str] = []
    while size(text) > limit:
        cut = _best_cut(text, _fitting(text, limit, size))
        if part := text[:cut].rstrip():
            found.append(part)
        text = text[cut:].lstrip()
    return [*found, text] if text or not found else found


def _fitting(text: str, limit: int, size: Size) -> int:
    """How many characters from the start fit."""
    count = limit
    while (over := size(text[:count]) - limit) > 0:
        count -= (over + 1) // 2
    return count


def _best_cut(text: str, fitting: int) -> int:
    head = text[:fitting]
    for pattern in (_PARAGRAPH, _LINE, _SENTENCE):
        if ends := [found.end() for found in pattern.finditer(head, fitting // 2)]:
            return ends[-1]
    if spaces := [found.end() for found in _SPACE.finditer(head)]:
        return spaces[-1]
    cut = fitting
    while cut > 1 and (unicodedata.combining(text[cut]) or _JOINER in text[cut - 1 : cut + 1]):
        cut -= 1
    return cut
