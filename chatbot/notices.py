"""Words for somebody else than the chat at hand: written to the outbox, each in its reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from chatbot.conversation import ToChat, ToContact, ToStaff
from chatbot.messages import Address, Kind, Reply
from chatbot.speech import in_words
from chatbot.texts import Texts
from models.chat import Chat
from models.keys import SubjectKey
from models.outgoing import GATHERED, Outgoing, Purpose

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
        match notice:
            case ToStaff(say, gathered):
                words = Reply(in_words(self._texts, self._texts.locales[0], say))
                if not gathered:
                    await Outgoing.to_staff(words, now)
                elif await Outgoing.gathered_is_due(wall):
                    await Outgoing.to_staff(words, now, lane=GATHERED)
            case ToChat(identity, say):
                other = await Chat.hold_by_id(identity)
                if other:
                    words = Reply(in_words(self._texts, other.language, say))
                    await Outgoing.to_chat(other, [words], now, purpose=Purpose.NOTICE)
            case ToContact(kind, value, say, code, decoy, delay):
                plain = str(say.params["code"]) if code else None
                await Outgoing.to_contact(
                    key,
                    Address(self._outlets[kind], value),
                    Reply(in_words(self._texts, language, say), code=plain),
                    now,
                    purpose=Purpose.CODE if code else Purpose.NOTICE,
                    decoy=decoy,
                    not_before=wall + delay if delay else None,
                )
