"""Thoát: end what was proven in this chat."""

from __future__ import annotations

from chatbot.conversation import Conversation, Done, Go, Turn
from handlers.menu import Nothing
from models.chat import Chat
from models.event import Event, Tag
from models.link import PageLink
from models.outgoing import Outgoing
from models.package import Package
from models.proof import Proof

leave = Conversation("leave", Nothing, commands=("thoat", "logout", "dangxuat"))


@leave.opening
async def end(turn: Turn[Nothing]) -> Go[Nothing] | Done:
    chat = await Chat.hold_by_id(turn.chat)
    await Chat.belongs(turn.chat, None)
    if chat is None or not await Proof.end(chat, turn.now):
        return Done("nothing")
    await Outgoing.hide(chat)
    await PageLink.revoke(turn.chat)
    await Package.withdraw(turn.chat, turn.now)
    await Event.record(Tag.PROOF_ENDED, turn.now, chat=turn.chat)
    return Done("left")
