"""What staff ask where they are told: who it is, what was meant, and whether they may.

Nothing here knows whether that is a group or something else. Whoever is not on the roster, or has not
linked their chat (``handlers/linking.py``), can do nothing, is told so, and it is recorded, within limits.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta

from chatbot.conversation import Say
from chatbot.folding import fold
from chatbot.staff_turn import StaffTurn
from handlers.staff import case, queue
from models.case import Case
from models.chat import Chat
from models.event import Event, Tag
from models.owed import by_code
from models.roles import MAY, Act
from models.staff import StaffMember
from models.staff_link import member_at
from models.tally import Limit, Tally

COMMANDS: Mapping[str, Callable[[StaffTurn, StaffMember, str], Awaitable[Say | None]]] = {
    "viec": queue.due,
    "queue": queue.due,
    "ca": case.show,
    "case": case.show,
    "baocao": queue.month,
    "report": queue.month,
}
"""By the name of a command, in Vietnamese and in English; what stands behind it is handed on."""

PRESSES: Mapping[str, Callable[[StaffTurn, StaffMember, Case, str], Awaitable[Say]]] = {
    "seen": case.seen,
    "take": case.take,
    "give": case.give,
}
"""By how what a button carries begins: a verb, the number of a case, and what the verb needs besides. A
request can only be seen: it is everybody's."""

REFUSALS = Limit("staff.stranger", 2, timedelta(hours=1))
"""How often one stranger is answered before everybody; a press is always answered, to them alone."""
RECORDED = Limit("staff.recorded", 20, timedelta(hours=1))
"""How often it is recorded that one stranger tried something: more of the same tells nothing new."""


async def hear(turn: StaffTurn) -> Say | None:
    """Do what was asked. What answers a command is for everybody, what answers a press for one alone."""
    said = turn.said
    if said.press is not None:
        return await pressed(turn, said.press)
    word, _, rest = " ".join((said.text or "").removeprefix("/").split()).partition(" ")
    command = COMMANDS.get(fold(word))
    if command is None:
        return None
    member = await member_at(said.address)
    if member is None:
        count = await Tally.charge(REFUSALS, Chat.index(said.address), turn.wall)
        await refused(turn, fold(word))
        answer: Say | None = Say("group.stranger") if count <= REFUSALS.most else None
    elif command is case.show and Act.HANDLE_CASE not in MAY[member.role]:
        answer = Say("group.not_permitted")
    else:
        answer = await command(turn, member, rest)
    if answer:
        turn.tell(answer)
    return None


async def pressed(turn: StaffTurn, press: str) -> Say:
    """A button of one of our messages, or something that pretends to be one."""
    name, _, rest = press.partition(":")
    code, _, more = rest.partition(":")
    verb = PRESSES.get(name)
    member = await member_at(turn.said.address)
    if member is None:
        await refused(turn, name if verb else "press")
        return Say("group.stranger")
    if Act.HANDLE_CASE not in MAY[member.role]:
        return Say("group.not_permitted")
    found = await by_code(code) if verb else None
    if verb and isinstance(found, Case):
        return await verb(turn, member, found, more)
    if verb is case.seen and found:
        return await case.seen(turn, member, found, more)
    return Say("group.old_button")


async def refused(turn: StaffTurn, what: str) -> None:
    """Somebody who is not known tried something: by which chat, or where they have none by which index."""
    address = turn.said.address
    index = Chat.index(address)
    if await Tally.charge(RECORDED, index, turn.wall) > RECORDED.most:
        return
    chat = await Chat.find(address)
    detail = what if chat else f"{what} {index}"
    await Event.record(Tag.STAFF_STRANGER, turn.now, chat=chat.id if chat else None, detail=detail)
