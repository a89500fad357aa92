"""Không phải tôi: whoever has a contact on file, or had one until just now, stops somebody else's claim to a
new one, and undoes a change of contacts.

Asks nothing: to stop it wrongly costs the claimant a visit, to let it pass wrongly the owner the record.
"""

from __future__ import annotations

from chatbot.conversation import Conversation, Done, Go, Needs, Say, Turn
from handlers.corrections import undo
from handlers.menu import Nothing
from models.contact_claim import ContactClaim
from models.event import Event, Tag

objection = Conversation("objection", Nothing, needs=Needs.PROVEN, commands=("khongphaitoi", "notme"))


@objection.opening
async def stop(turn: Turn[Nothing]) -> Go[Nothing] | Done:
    records = [record for proven in turn.person.contacts for record in proven.records]
    stopped = [claim for claim in await ContactClaim.against(records) if await claim.stop(turn.now)]
    for claim in stopped:
        asked_in = claim.chat_id  # type: ignore[attr-defined]
        await Event.record(Tag.CONTACT_OBJECTED, turn.now, chat=asked_in, customer=claim.customer)
        turn.tell_chat(asked_in, Say("contact.told.objected", email=turn.shop.email))
        turn.tell_staff(Say("contact.staff.objected"))
    if says := await undo(turn):
        return Done("undone", *says, offer=("human", "menu"))
    if not stopped:
        return Done("nothing", email=turn.shop.email, offer=("human", "menu"))
    return Done("stopped", offer=("human", "menu"))
