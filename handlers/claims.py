"""What the clock asks of claims to a new contact: 72 hours after the approval, if nobody has objected and
the record is still the one that was compared, the new contact is one of its contacts. What became of a claim
must be heard of.
"""

from __future__ import annotations

from datetime import datetime

from chatbot.conversation import Say, Tell, ToChat, ToContact, ToStaff
from chatbot.messages import About, Matter
from chatbot.shop import Shop
from handlers.arrivals import Reach, unread
from handlers.rungs import DAYTIME, within
from models.claim_states import ClaimState
from models.contact_claim import ContactClaim
from models.event import Event, Tag
from models.letters import miss

BATCH = 20
"""Claims per transaction: each holds the chat in which it was made."""


async def settle_claims(shop: Shop, tell: Tell, now: datetime, wall: datetime) -> int:
    """Open the contacts that are due; what nobody decided in time, and what can be opened no more, is over
    and said to be."""
    due = await ContactClaim.due(now, BATCH)
    for identity in due:
        claim = await ContactClaim.find(identity)
        if claim is None:
            continue
        approved = claim.state is ClaimState.APPROVED
        if await claim.open(now):
            tag, words, staff = Tag.CONTACT_OPENED, Say("contact.told.opened"), "contact.staff.opened"
        elif await claim.expire(now):
            tag, words = Tag.CONTACT_EXPIRED, Say("contact.told.expired", email=shop.email)
            staff = "contact.staff.changed" if approved else "contact.staff.expired"
        else:
            continue
        await Event.record(tag, now, chat=claim.chat.id, customer=claim.customer)
        await tell(ToChat(claim.chat.id, words, About(claim.id, Matter.CLAIM)), now, wall)
        await tell(ToStaff(Say(staff)), now, wall)
    return len(due)


async def chase_claims(shop: Shop, tell: Tell, reach: Reach, now: datetime, wall: datetime) -> int:
    """Point customers to what became of their claim where that was refused, or stands unread for an hour: at
    the new contact, which they have proven; once, by day. What goes there says nothing of the claim."""
    if not within(DAYTIME, now):
        return 0
    letters = [one for one in await unread(now) if one.matter is Matter.CLAIM][:BATCH]
    for letter in letters:
        claim = await ContactClaim.find(letter.about)
        # One statement: of two processes at once one has the letter, the other none.
        if not await miss([letter]) or claim is None:
            continue
        told, chat = claim.opened(), claim.chat
        if told.new_kind in reach.kinds:
            words = Say("contact.told.unread", shop=shop.name, email=shop.email)
            hint = ToContact(told.new_kind, told.new, words, language=chat.language, subject=chat.id)
            await tell(hint, now, wall)
    return len(letters)
