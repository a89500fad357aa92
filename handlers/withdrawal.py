"""A platform tells that a person has withdrawn their consent: all that came through it goes at once, and
staff have the erasure of the rest confirmed."""

from __future__ import annotations

from datetime import datetime

from chatbot.conversation import Say, Tell, ToStaff
from chatbot.messages import Address, Inbound
from models.chat import Chat
from models.delivery import Delivery
from models.event import Event, Tag
from models.wish import Wish
from models.withdrawal import forget_chat


async def withdrawn(
    address: Address, delivery: str, request: str, tell: Tell, *, now: datetime, wall: datetime
) -> None:
    """Do what a withdrawal asks for, once, however often it is delivered; runs in a transaction.
    ``request`` are the words by which staff are asked to have the erasure confirmed."""
    if not await Delivery.register(Inbound(address, delivery, now), now):
        return
    found = await Chat.find(address)
    chat = await Chat.hold_by_id(found.id) if found else None
    if chat is None:
        return
    await forget_chat(chat, now)
    await Event.record(Tag.CHAT_WITHDRAWN, now, chat=chat.id)
    await open_request(chat, request, now)
    await tell(ToStaff(Say("zalo.withdrawn")), now, wall)


async def open_request(chat: Chat, words: str, now: datetime) -> None:
    """Ask for the erasure of what the shop holds beyond the chat.

    The seam for erasure: as long as that is no conversation, the request is a wish that waits in the room,
    and a member of staff has it confirmed.
    """
    wish = await Wish.open_of(chat.id) or await Wish.add(chat.id, now)
    await Wish.append(wish.id, chat, words, (), now)
