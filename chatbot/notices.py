"""Words for somebody else than the chat at hand: written to the outbox, each in its reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from chatbot.conversation import Say, ToChat, ToContact, ToStaff
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
        match notice:
            case ToStaff(say):
                await Outgoing.to_staff(Reply(self._words(self._texts.locales[0], say)), now)
            case ToChat(identity, say):
                other = await Chat.hold_by_id(identity)
                if other:
                    words = Reply(self._words(other.language, say))
                    await Outgoing.to_chat(other, [words], now, purpose=Purpose.NOTICE)
            case ToContact(kind, value, say, code, decoy, delay):
                await Outgoing.to_contact(
                    key,
                    Address(self._outlets[kind], value),
                    Reply(self._words(language, say)),
                    now,
                    purpose=Purpose.CODE if code else Purpose.NOTICE,
                    decoy=decoy,
                    not_before=wall + delay if delay else None,
                )

    def _words(self, language: str, say: Say) -> str:
        params = {name: self._param(language, value) for name, value in say.params.items()}
        return self._texts.get(language, say.key, **params)

    def _param(self, language: str, value: object) -> object:
        match value:
            case Say():
                return self._words(language, value)
            case tuple():
                return "\n".join(self._words(language, line) for line in value)
        return value
