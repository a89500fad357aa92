"""What customers hear without having asked when the promised day of their request is missed: an apology,
once, how the request stands, and whom else they may turn to (Law 91/2025/QH15 Art. 4(1)(đ)). In daytime only.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from chatbot.clock import local_date
from chatbot.conversation import Say, Tell, ToChat, ToContact, ToStaff
from chatbot.messages import About, Kind, Matter
from chatbot.request_words import look_at
from chatbot.shop import Shop
from chatbot.values import WithWeekday
from handlers.arrivals import Reach
from handlers.rungs import DAYTIME, within
from handlers.staff.card import page_of
from models.change import Change
from models.data_request import DataRequest
from models.database import in_batches
from models.request_contact import contact_of
from models.waiting import overdue_requests

BATCH = 5
"""Messages per transaction: each may hold the chat that it goes to."""


async def apologise_for_requests(shop: Shop, tell: Tell, reach: Reach, now: datetime, wall: datetime) -> int:
    """Apologise from 08:00 on the day after, in the chat or at the contact that staff entered. What does not
    arrive goes by another way (``handlers/request_letters.py``); whom this desk cannot write to, staff
    tell."""
    if not within(DAYTIME, now):
        return 0

    async def batch(some: Sequence[tuple[UUID, date]]) -> int:
        return sum([await _apologise(request, day, shop, tell, reach, now, wall) for request, day in some])

    return await in_batches(await overdue_requests(local_date(now)), BATCH, batch)


async def _apologise(
    identity: UUID, promised_on: date, shop: Shop, tell: Tell, reach: Reach, now: datetime, wall: datetime
) -> bool:
    """Apologise to one customer, unless that was done meanwhile, or the request is closed."""
    request = await DataRequest.get(id=identity)
    if not await request.apologise(now):
        return False
    about, words = About(request.id, Matter.REQUEST), await _words(request, promised_on, shop)
    if request.chat:
        await tell(ToChat(request.chat, words, about), now, wall)
        return True
    contact, key = await contact_of(request), await request.key()
    if contact is None or key is None or contact[0] not in reach.kinds:
        task = Say("request.tell_customer", code=request.code)
        await tell(ToStaff(task, page=page_of(request)), now, wall)
        return True
    said = look_at(shop, request.code, reach.page) if contact[0] is Kind.PHONE else words
    await tell(ToContact(*contact, said, about=about, language=request.language, subject=key.id), now, wall)
    return True


async def _words(request: DataRequest, promised_on: date, shop: Shop) -> Say:
    """Our own part may be done, and what the shop's other systems must do is not."""
    stands = Say("request.stands.here")
    if await Change.filter(request=request.id).exists():
        stands = Say("request.stands.elsewhere", systems=", ".join(shop.other_systems))
    return Say(
        "request.overdue",
        shop=shop.name,
        code=request.code,
        kind=Say(f"request.kind.{request.kind}"),
        due=WithWeekday(promised_on),
        stands=stands,
        email=shop.email,
    )
