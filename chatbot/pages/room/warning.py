"""The warning to everybody who may still have an old contact of a record: how to stop a new one."""

from __future__ import annotations

from chatbot.contacts import is_mobile
from chatbot.messages import START, Address, Button, Kind, Link, Reply
from chatbot.pages.room.work import Work
from models.chat import Chat
from models.contact_claim import OBJECTION, ContactClaim
from models.customer import Customer
from models.outgoing import Outgoing, Purpose
from models.proof import Proof

Contacts = list[tuple[Kind, str]]


def warnable(work: Work, claim: ContactClaim, record: Customer) -> Contacts:
    """The old contacts of a record to which this desk can write."""
    told = claim.opened()
    return [
        (kind, value)
        for kind, value in record.opened().contacts
        if kind in work.outlets
        and (kind is not Kind.PHONE or is_mobile(value))
        and (kind, value) != (told.new_kind, told.new)
    ]


async def warn(work: Work, claim: ContactClaim, record: Customer, to: Contacts, token: str) -> None:
    """Queue the warning to these contacts, with the one-time link, and to every chat that has proven any
    contact of the record of late, with a button. It names neither who asks nor whose record it is."""
    if claim.opens_at is None:
        raise ValueError("a claim that was not approved")
    # The very instant of the approval, by which the claim finds its warnings (``ContactClaim.warned_at``).
    now, texts = claim.opens_at - OBJECTION, work.room.texts
    shop = work.room.shop
    facts = {"shop": shop.name, "email": shop.email, "until": claim.opens_at}

    def say(language: str, part: str, **params: object) -> str:
        return texts.get(language, f"contact.warning.{part}", **params)

    first = texts.locales[0]
    link = Link(say(first, "link"), f"{work.page}/not-me/{token}") if work.page else None
    for kind, value in to:
        reply = Reply(say(first, "text", **facts), link=link)
        address = Address(work.outlets[kind], value)
        await Outgoing.to_contact(record.key, address, reply, now, purpose=Purpose.NOTICE)
    chats = [chat for contact in record.opened().contacts for chat in await Proof.chats_that_proved(*contact)]
    for identity in sorted(set(chats) - {claim.chat.id}):
        chat = await Chat.hold_by_id(identity)
        if chat:
            button = Button(f"{START}objection", say(chat.language, "button"))
            reply = Reply(say(chat.language, "text", **facts), (button,))
            await Outgoing.to_chat(chat, [reply], now, purpose=Purpose.NOTICE)
