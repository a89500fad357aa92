"""Words for somebody else than the chat at hand: written to the outbox, each in its reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from chatbot.conversation import ToChat, ToContact, ToStaff
from chatbot.messages import Address, Kind, Reply
from chatbot.texts import Texts
from models.chat import Chat
from models.keys import SubjectKey
from models.outgoing import Outgoing, Purpose

Notice = ToChat | ToStaff | ToContact


class Notices:
    """Writes notices. ``outlets`` names the outlet by which each kind of contact is reached."""

    def __init__(self, texts: Texts, outlets: Mapping[Kind, str]) -> None:
        self._texts = texts
        self._outlets = outlets

    async def write(
        self, notice: Notice, *, key: SubjectKey, language: str, now: datetime, wall: datetime
    ) -> None:
        """Queue a notice in the running transaction. ``key`` seals what goes to a contact, in
        ``language``; staff are told in the first language of the desk."""
        texts = self._texts
        match notice:
            case ToStaff(say):
                await Outgoing.to_staff(Reply(texts.get(texts.locales[0], say.key, **say.params)), now)
            case ToChat(identity, say):
                other = await Chat.hold_by_id(identity)
                if other:
                    words = texts.get(other.language, say.key, **say.params)
                    await Outgoing.to_chat(other, [Reply(words)], now, purpose=Purpose.NOTICE)
            case ToContact(kind, value, say, code, decoy, delay):
                await Outgoing.to_contact(
                    key,
                    Address(self._outlets[kind], value),
                    Reply(texts.get(language, say.key, **say.params)),
                    now,
                    purpose=Purpose.CODE if code else Purpose.NOTICE,
                    decoy=decoy,
                    not_before=wall + delay if delay else None,
                )
