"""What the corrections of a record have in common: whose it is, what staff must do, and the undo."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar
from uuid import UUID

from chatbot.clock import local_date
from chatbot.conversation import Done, Say, Turn
from handlers.requests import carried_out, entered, stands
from models.change import ChangeKind
from models.contact_change import ContactChange, Undoer
from models.customer import Customer
from models.data_request import RequestKind
from models.event import Event, Tag

D = TypeVar("D")


async def own_record(turn: Turn[D], begun: UUID | None = None) -> Customer | Done:
    """The record that stands open, locked; or why it is not to be corrected here. ``begun`` is the one
    with which the conversation began: a proof in between may have opened another."""
    record = turn.person.record
    customer = await Customer.hold(record) if record and begun in (None, record) else None
    if customer is None:
        return Done(None, Say("edit.gone", shop=turn.shop.name), offer=("identity", "menu"))
    if customer.opened().is_child(local_date(turn.now)):
        # Its legal representative exercises a child's rights (Law 91/2025 Art. 24(2)).
        return Done(None, Say("profile.minor"), offer=("representative", "human", "menu"))
    return customer


async def corrected(turn: Turn[D], record: Customer, what: Sequence[str]) -> list[Say]:
    """A correction is about to be made in this transaction. Returns what the customer is told beside it.

    Before the record is changed: other systems of the shop know the person as they were.
    """
    for name in what:
        await Event.record(Tag.RECORD_CORRECTED, turn.now, chat=turn.chat, customer=record.id, detail=name)
    request = await entered(turn, RequestKind.CORRECT)
    return await carried_out(turn, request, ChangeKind.CORRECTED, what)


async def for_staff(turn: Turn[D], words: str) -> list[Say]:
    """What the customer may not change alone: a person is asked for it, in the customer's words. Returns
    what the customer is told."""
    request = await entered(turn, RequestKind.CORRECT, asked=words)
    turn.tell_staff(Say("edit.staff_asked", code=request.code))
    return [Say("edit.to_staff", code=request.code, hours=turn.shop.office_hours)]


async def undo(turn: Turn[D]) -> list[Say]:
    """Undo every change of contacts that whoever writes may undo. Returns what they are told beside it,
    nothing where there was none."""
    by = Undoer(turn.chat, [(one.kind, one.value) for one in turn.person.contacts])
    says: list[Say] = []
    for change in await ContactChange.against(turn.person, turn.now):
        elsewhere = bool(turn.shop.other_systems)
        request = await change.undo(turn.now, turn.shop.calendar, elsewhere=elsewhere, by=by)
        if request is None:
            continue  # it went with an earlier one
        if change.chat != turn.chat:
            turn.tell_chat(change.chat, Say("contact.told.undone", email=turn.shop.email))
        turn.tell_staff(Say("contact.staff.undone"))
        says += await stands(turn, request)
    return says
