"""Words for somebody else than the chat at hand: written to the outbox, each in its reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from chatbot.conversation import Notice, ToChat, ToContact, ToStaff
from chatbot.messages import Address, Button, Kind, Link, Reply
from chatbot.speech import in_words
from chatbot.texts import Texts
from models.chat import Chat
from models.keys import SubjectKey
from models.outgoing import Outgoing, Purpose


class Notices:
    """Writes notices. ``outlets`` names the outlet by which each kind of contact is reached. ``page`` is
    the address of our own pages, where they can be reached from outside."""

    def __init__(self, texts: Texts, outlets: Mapping[Kind, str], page: str | None = None) -> None:
        self._texts = texts
        self._outlets = outlets
        self._page = page

    async def write(
        self, notice: Notice, *, key: SubjectKey, language: str, now: datetime, wall: datetime
    ) -> None:
        """Queue a notice in the running transaction. ``key`` seals what goes to a contact, in
        ``language``, where the notice names no others; staff are told in the first language
        of the desk."""
        match notice:
            case ToStaff(say, gathered=True):
                await Outgoing.gathered_to_staff(say.key, self._for_staff(notice), now, wall)
            case ToStaff():
                await Outgoing.to_staff(self._for_staff(notice), now)
            case ToChat(identity, say, about, link, private):
                other = await Chat.hold_by_id(identity)
                if other:
                    below = Link(self._texts.get(other.language, link.label), link.url) if link else None
                    words = Reply(in_words(self._texts, other.language, say), link=below)
                    await Outgoing.to_chat(
                        other, [words], now, purpose=Purpose.NOTICE, about=about, private=private
                    )
            case ToContact(kind, value, say, code, decoy, delay, about, link=link):
                plain = str(say.params["code"]) if code else None
                spoken = notice.language or language
                below = Link(self._texts.get(spoken, link.label), link.url) if link else None
                await Outgoing.to_contact(
                    await SubjectKey.of(notice.subject) if notice.subject else key,
                    Address(self._outlets[kind], value),
                    Reply(in_words(self._texts, spoken, say), code=plain, link=below),
                    now,
                    purpose=Purpose.CODE if code else Purpose.NOTICE,
                    decoy=decoy,
                    not_before=wall + delay if delay else None,
                    about=about,
                )

    def _for_staff(self, notice: ToStaff) -> Reply:
        """A notice to staff in words, with its buttons and the link to the staff room."""
        language = self._texts.locales[0]
        words = in_words(self._texts, language, notice.say)
        buttons = [Button(one.press, in_words(self._texts, language, one.label)) for one in notice.offers]
        link = None
        if notice.page and self._page:
            link = Link(self._texts.get(language, "escalation.room"), self._page + notice.page)
        return Reply(words, tuple(buttons), link)
