"""What the clock asks of claims to a new contact: 72 hours after the approval, if nobody has objected and
the record is still the one that was compared, the new contact is one of its contacts.
"""

from __future__ import annotations

from datetime import datetime

from chatbot.conversation import Say, Tell, ToChat, ToStaff
from chatbot.shop import Shop
from models.claim_states import ClaimState
from models.contact_claim import ContactClaim
from models.event import Event, Tag

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
        await tell(ToChat(claim.chat.id, words), now, wall)
        await tell(ToStaff(Say(staff)), now, wall)
    return len(due)
