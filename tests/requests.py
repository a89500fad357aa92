"""Data subject requests, as the tests make them."""

from __future__ import annotations

from datetime import datetime

from chatbot.messages import Address, Kind, Person, Proven
from chatbot.shop import load_shop
from models.chat import Chat
from models.customer import Customer
from models.data_request import DataRequest, RequestKind
from models.database import run_tx
from models.keys import new_id
from tests.people import PHONE_E164

SHOP = load_shop()


async def a_request(
    customer: Customer,
    at: datetime,
    kind: RequestKind = RequestKind.OBJECT,
    *,
    asked: str | None = None,
    language: str = "vi",
) -> DataRequest:
    """A request that a customer made in a chat, with its record open."""

    async def work() -> DataRequest:
        chat = await Chat.hold(Address("messenger", "khach"), language, at)
        proven = Proven(new_id(), Kind.PHONE, PHONE_E164, (customer.id,), customer.id)
        return await DataRequest.open(
            kind,
            chat=chat.id,
            person=Person((proven,)),
            arrived=at,
            calendar=SHOP.calendar,
            asked=asked,
        )

    return await run_tx(work)


async def again(request: DataRequest) -> DataRequest:
    """The request as it is now."""
    return await DataRequest.get(id=request.id)
