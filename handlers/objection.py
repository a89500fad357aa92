"""Không phải tôi: whoever has a contact on file, or had one until just now, stops somebody else's claim to a
new one, and undoes a change of contacts; what somebody else asked to be erased is kept.

Asks nothing: to stop it wrongly costs the claimant a visit, to let it pass wrongly the owner the record.
"""

from __future__ import annotations

from chatbot.conversation import Conversation, Done, Go, Needs, Paragraph, Say, Turn
from handlers.corrections import undo
from handlers.keep import keep_all
from handlers.menu import Nothing
from models.contact_claim import ContactClaim
from models.event import Event, Tag

objection = Conversation("objection", Nothing, needs=Needs.CONTACT, commands=("khongphaitoi", "notme"))


@objection.opening
async def stop(turn: Turn[Nothing]) -> Go[Nothing] | Done:
    kept = [Say("keep.kept", shop=turn.shop.name)] if await keep_all(turn) else []
    behind = [(*proven.records, *proven.frozen) for proven in turn.person.contacts]
    records = [record for several in behind for record in several]
    stopped = [claim for claim in await ContactClaim.against(records) if await claim.stop(turn.now)]
    for claim in stopped:
        asked_in = claim.chat_id  # type: ignore[attr-defined]
        await Event.record(Tag.CONTACT_OBJECTED, turn.now, chat=asked_in, customer=claim.customer)
        turn.tell_chat(asked_in, Say("contact.told.objected", email=turn.shop.email))
        turn.tell_staff(Say("contact.staff.objected"))
    if says := await undo(turn):
        return Done(None, *kept, Paragraph("undone"), *says, offer=("human", "menu"))
    if stopped:
        return Done(None, *kept, Paragraph("stopped"), offer=("human", "menu"))
    return Done(None, *(kept or [Say("nothing", email=turn.shop.email)]), offer=("human", "menu"))
