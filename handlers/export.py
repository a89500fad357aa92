"""Tải dữ liệu: a copy of everything that the shop holds on the customer, to take along.

It is made in the background (``chatbot/packer.py``); a one-time link in this chat leads to it. The files
themselves never travel through a chat.
"""

from __future__ import annotations

from chatbot.conversation import Conversation, Done, Go, Needs, Paragraph, Turn
from chatbot.messages import Ability
from handlers.menu import Nothing
from handlers.requests import entered
from models.customer import Customer
from models.data_request import RequestKind
from models.package import ASKS, LIFE, Package
from models.tally import Tally

export = Conversation(
    "export",
    Nothing,
    needs=Needs.CUSTOMER,
    commands=("taidulieu", "export", "mycopy"),
    intents=("export_data",),
)


@export.opening
async def ask(turn: Turn[Nothing]) -> Go[Nothing] | Done:
    record = turn.person.record
    customer = await Customer.load(record) if record else None
    if customer is None:
        return Done("gone", shop=turn.shop.name)
    if turn.page is None and Ability.OWN_SERVER not in turn.abilities:
        return Done("no_page", email=turn.shop.email, offer=("human", "menu"))
    if await Tally.full(ASKS, str(customer.id), turn.wall):
        return Done("often", most=ASKS.most, email=turn.shop.email, offer=("menu",))
    proven = next((one.kind, one.value) for one in turn.person.contacts if one.opened == customer.id)
    if await Package.is_asked(turn.chat, customer.id, turn.now):
        return Done("being_made", offer=("menu",))
    request = await entered(turn, RequestKind.EXPORT)
    await Package.ask(turn.chat, customer.id, proven, request.id, turn.now, turn.wall)
    await Tally.charge(ASKS, str(customer.id), turn.wall)
    what = (Paragraph("what"), Paragraph("formats"), Paragraph("link_life", life=LIFE))
    return Done("asked", *what, shop=turn.shop.name, offer=("profile", "menu"))
