"""Whose chat a chat is: a member of the roster proves one to be their own by a code from the staff room."""

from __future__ import annotations

import re
import secrets
from datetime import datetime, timedelta
from uuid import UUID

from chatbot.messages import Address
from models.chat import Chat
from models.event import Event, Tag
from models.keys import ring
from models.staff import UNLINKED, StaffMember
from models.tally import Limit, Tally

LIFE = timedelta(minutes=10)
"""How long a code can be used."""
WRONG = Limit("guess.link", 5, timedelta(hours=1))
"""Wrong codes from one chat. Other chats may guess on, among 31 to the power of 10."""

_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""No two of them look alike."""
_LENGTH = 10


async def issue(member: UUID, now: datetime) -> str:
    """A code by which a member links their chat, in place of any before. It stands nowhere else."""
    code = "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH))
    here = StaffMember.filter(id=member, disabled_at=None)
    await here.update(link=_fingerprint(code), link_until=now + LIFE)
    return f"{code[:5]}-{code[5:]}"


async def link(chat: UUID, typed: str, now: datetime, wall: datetime) -> StaffMember | None:
    """The chat is from now on that of the member who was given this code; None where nobody was, or it
    has been used or is too old. One chat belongs to one member, and the code given last decides. Inside a
    transaction. Raises OverflowError after too many wrong codes."""
    if await Tally.full(WRONG, str(chat), wall):
        raise OverflowError
    live = StaffMember.filter(link=_fingerprint(typed), link_until__gt=now, disabled_at=None)
    member = await live.select_for_update().first()
    if member is None:
        await Tally.charge(WRONG, str(chat), wall)
        await Event.record(Tag.STAFF_LINK_WRONG, now, chat=chat)
        return None
    for other in await StaffMember.filter(chat=chat):
        await unlink(other.id, now)
    await StaffMember.filter(id=member.id).update(**{**UNLINKED, "chat": chat})
    await Event.record(Tag.STAFF_LINKED, now, chat=chat, member=member.id)
    return member


async def unlink(member: UUID, now: datetime) -> bool:
    """Nobody's chat is the member's any more; False where none was. Inside a transaction."""
    linked = await StaffMember.filter(id=member, chat__not_isnull=True).first()
    if linked is None:
        return False
    await StaffMember.filter(id=member).update(**UNLINKED)
    await Event.record(Tag.STAFF_UNLINKED, now, chat=linked.chat, member=member)
    return True


async def member_at(address: Address) -> StaffMember | None:
    """The member of the roster, still on it, whose own chat is at an address."""
    chat = await Chat.find(address)
    if chat is None:
        return None
    return await StaffMember.get_or_none(chat=chat.id, disabled_at=None, joined_at__not_isnull=True)


def _fingerprint(typed: str) -> str:
    """A code as it is kept, however it was typed."""
    return ring().code_digest(re.sub(r"[^A-Z0-9]", "", typed.upper()), b"staff link").hex()
