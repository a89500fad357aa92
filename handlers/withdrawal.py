"""A platform tells that a person has withdrawn their consent: all that came through it goes at once, and the
erasure of the rest is a request that the customer confirms."""

from __future__ import annotations

from datetime import datetime

from chatbot.conversation import Say, Tell, ToChat, ToStaff
from chatbot.messages import Address, Inbound
from chatbot.workdays import Calendar
from models.chat import Chat
from models.data_request import DataRequest, RequestKind, RequestState
from models.delivery import Delivery
from models.event import Event, Tag
from models.proof import Proof
from models.withdrawal import forget_chat


async def withdrawn(
    address: Address, delivery: str, calendar: Calendar, tell: Tell, *, now: datetime, wall: datetime
) -> None:
    """Do what a withdrawal asks for, once, however often it is delivered; runs in a transaction."""
    if not await Delivery.register(Inbound(address, delivery, now), now):
        return
    found = await Chat.find(address)
    chat = await Chat.hold_by_id(found.id) if found else None
    if chat is None:
        return
    request = await open_request(chat, calendar, now)
    await forget_chat(chat, now)
    await Event.record(Tag.CHAT_WITHDRAWN, now, chat=chat.id)
    await tell(ToChat(chat.id, Say("zalo.confirm_erasure", code=request.code)), now, wall)
    page = f"/staff/request/{request.code}"
    await tell(ToStaff(Say("zalo.withdrawn", code=request.code), page=page), now, wall)


async def open_request(chat: Chat, calendar: Calendar, now: datetime) -> DataRequest:
    """Ask for the erasure of what the shop holds beyond a chat that is held: of the record that was opened
    there last, if there was one. Nothing is erased until the customer has proven a contact and confirmed it
    (``handlers/erasure.py``); until then the clocks run for staff."""
    waits = await DataRequest.filter(kind=RequestKind.ERASE, state=RequestState.OPEN, chat=chat.id).first()
    if waits:
        return waits
    proof = await Proof.filter(chat_id=chat.id, opened__not_isnull=True).order_by("-id").first()
    request = await DataRequest.file(
        RequestKind.ERASE,
        chat=chat.id,
        customer=proof.opened if proof else None,
        who_index=proof.value_index if proof else None,
        arrived=now,
        calendar=calendar,
        asked=None,
    )
    tag = Tag.REQUEST_OPENED
    await Event.record(tag, now, chat=chat.id, customer=request.customer, request=request.id)
    return request
