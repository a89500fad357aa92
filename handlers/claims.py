"""What the clock asks of claims to a new contact: 72 hours after the approval, if an old contact was warned
all that time, nobody has objected and the record is still the one that was compared, the new contact is one
of its contacts. What became of a claim must be heard of.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from chatbot.conversation import Say, Tell, ToChat, ToContact, ToStaff
from chatbot.messages import About, Matter
from chatbot.shop import Shop
from handlers.arrivals import Reach, unread
from handlers.rungs import DAYTIME, within
from models.claim_states import ClaimState
from models.contact_claim import OBJECTION, ContactClaim
from models.database import in_batches
from models.event import Event, Tag
from models.letters import Letter, miss

BATCH = 20
"""Claims per transaction: each holds the chat in which it was made."""


async def settle_claims(shop: Shop, tell: Tell, now: datetime, wall: datetime) -> int:
    """Open the contacts that are due; what nobody decided in time, and what can be opened no more, is over
    and said to be."""

    async def batch(some: Sequence[UUID]) -> int:
        return await _settle(some, shop, tell, now, wall)

    return await in_batches(await ContactClaim.due(now), BATCH, batch)


async def _settle(due: Sequence[UUID], shop: Shop, tell: Tell, now: datetime, wall: datetime) -> int:
    """Settle some claims; how many nobody else has settled meanwhile."""
    done = 0
    for identity in due:
        claim = await ContactClaim.find(identity)
        if claim is None:
            continue
        approved, warned = claim.state is ClaimState.APPROVED, await claim.warned_at()
        if warned and now < warned + OBJECTION:
            continue  # the gateway or mail server was late: whoever has an old contact still has their time
        if warned and await claim.open(now):
            tag, words, staff = Tag.CONTACT_OPENED, Say("contact.told.opened"), "contact.staff.opened"
        elif await claim.expire(now):
            tag, words = Tag.CONTACT_EXPIRED, Say("contact.told.expired", email=shop.email)
            staff = f"contact.staff.{('changed' if warned else 'unwarned') if approved else 'expired'}"
        else:
            continue
        await Event.record(tag, now, chat=claim.chat.id, customer=claim.customer)
        await tell(ToChat(claim.chat.id, words, About(claim.id, Matter.CLAIM)), now, wall)
        await tell(ToStaff(Say(staff)), now, wall)
        done += 1
    return done


async def chase_claims(shop: Shop, tell: Tell, reach: Reach, now: datetime, wall: datetime) -> int:
    """Point customers to what became of their claim where that was refused, or stands unread for an hour: at
    the new contact, which they have proven; once, by day. What goes there says nothing of the claim."""
    if not within(DAYTIME, now):
        return 0

    async def batch(letters: Sequence[Letter]) -> int:
        return sum([await _chase(one, shop, tell, reach, now, wall) for one in letters])

    due = [one for one in await unread(now) if one.matter is Matter.CLAIM]
    return await in_batches(due, BATCH, batch)


async def _chase(letter: Letter, shop: Shop, tell: Tell, reach: Reach, now: datetime, wall: datetime) -> bool:
    claim = await ContactClaim.find(letter.about)
    # One statement: of two processes at once one has the letter, the other none.
    if not await miss([letter]) or claim is None:
        return False
    told, chat = claim.opened(), claim.chat
    if told.new_kind in reach.kinds:
        words = Say("contact.told.unread", shop=shop.name, email=shop.email)
        hint = ToContact(told.new_kind, told.new, words, language=chat.language, subject=chat.id)
        await tell(hint, now, wall)
    return True
