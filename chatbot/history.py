"""The web chat's history, read from the outbox table."""

from __future__ import annotations

from chatbot.channels import Busy
from chatbot.channels.web import Entry
from chatbot.messages import Address
from models.chat import Chat
from models.database import is_outage
from models.keys import SubjectKey
from models.outgoing import Outgoing, State


class StoredHistory:
    """What ``chatbot.channels.web.store.History`` asks for."""

    async def after(self, address: Address, seq: int, limit: int) -> list[Entry]:
        """Entries with a greater number, in order. Raises Busy."""
        try:
            chat = await Chat.find(address)
            rows = await Outgoing.history(chat, seq, limit) if chat else []
        except Exception as error:
            if is_outage(error):
                raise Busy from None
            raise
        return [entry for row in rows if chat and (entry := _entry(row, chat.key))]

    async def seen(self, address: Address, seq: int) -> None:
        """The customer has seen entries up to a number. Raises Busy."""
        try:
            if chat := await Chat.find(address):
                await chat.saw(seq)
        except Exception as error:
            if is_outage(error):
                raise Busy from None
            raise


def _entry(row: Outgoing, key: SubjectKey) -> Entry | None:
    """A row as an entry; None where its words were wiped."""
    if row.state is State.OWN:
        own = row.opened_own(key)
        if own is None:
            return None
        return Entry(row.id, True, row.created_at, text=own.text, files=own.files, delivery=own.delivery)
    reply = row.opened(key)
    return Entry(row.id, False, row.created_at, reply=reply) if reply else None
