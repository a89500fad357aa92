"""Liên kết: a member of staff makes this chat known as theirs, by a code from the staff room.

    code -> linked

Where staff are told, they are then known by it. Not offered to customers: staff type the command, with the
code behind it.
"""

from __future__ import annotations

from chatbot.answers import Invalid, Text
from chatbot.conversation import Conversation, Done, Go, Say, Turn
from handlers.menu import Nothing
from models.staff_link import LIFE, link

_LONGEST = 100

linking = Conversation("linking", Nothing, commands=("lienket", "linkstaff"), expires=LIFE, resumes=False)


@linking.opening
async def begin(turn: Turn[Nothing]) -> Go[Nothing] | Done:
    _, _, typed = " ".join((turn.message.text or "").split()).partition(" ")
    if not (turn.message.text or "").startswith("/") or not typed:
        return Go(code, turn.draft)
    tried = await attempt(turn, typed)
    return tried if isinstance(tried, Done) else Go(code, turn.draft, Say("linking.code.wrong"))


@linking.step(Text(max=_LONGEST))
async def code(turn: Turn[Nothing], typed: str) -> Done | Invalid:
    return await attempt(turn, typed) or Invalid("wrong")


async def attempt(turn: Turn[Nothing], typed: str) -> Done | None:
    """The end, where the code was right or there may be no further try."""
    try:
        member = await link(turn.chat, typed[:_LONGEST], turn.now, turn.wall)
    except OverflowError:
        return Done("shut")
    return Done("linked") if member else None
