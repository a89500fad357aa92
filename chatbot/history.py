"""The web chat's history, read from the outbox table."""

from __future__ import annotations

from chatbot.channels.web import Entry
from chatbot.messages import Address, Reply
from chatbot.outages import busy_in_an_outage
from chatbot.texts import Texts
from models.chat import Chat
from models.outgoing import Outgoing, Own, State


class StoredHistory:
    """What ``chatbot.channels.web.store.History`` asks for."""

    def __init__(self, texts: Texts) -> None:
        self._texts = texts

    async def after(self, address: Address, seq: int, limit: int) -> list[Entry]:
        """Entries with a greater number, in order. Raises Busy."""
        with busy_in_an_outage():
            chat = await Chat.find(address)
            rows = await Outgoing.history(chat, seq, limit) if chat else []
        return [self._entry(row, chat) for row in rows] if chat else []

    async def version(self, address: Address) -> int:
        """Changes whenever entries that may have been shown already are others now. Raises Busy."""
        with busy_in_an_outage():
            chat = await Chat.find(address)
        return chat.hidden if chat else 0

    async def seen(self, address: Address, seq: int) -> None:
        """The customer has seen entries up to a number. Raises Busy."""
        with busy_in_an_outage():
            if chat := await Chat.find(address):
                await chat.saw(seq)

    def _entry(self, row: Outgoing, chat: Chat) -> Entry:
        if row.state is State.OWN:
            own = row.opened_own(chat.key) or Own("", (), "")
            return Entry(row.id, True, row.created_at, text=own.text, files=own.files, delivery=own.delivery)
        words = self._texts.get(chat.language, "profile.hidden")
        return Entry(row.id, False, row.created_at, reply=row.opened(chat.key) or Reply(words))
