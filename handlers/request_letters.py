"""What must arrive of data subject requests and did not: the receipt and the answer of one that staff entered
by hand, and what is told in a chat. It goes by another way, once, or somebody of the staff tells the
customer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby

from chatbot.conversation import Say, Tell, ToContact, ToStaff
from chatbot.messages import About, Matter
from chatbot.request_words import look_at
from chatbot.shop import Shop
from handlers.arrivals import Reach, unread
from handlers.rungs import DAYTIME, within
from models.data_request import DataRequest, RequestState
from models.database import in_batches
from models.deadline import Deadline
from models.event import Event, Tag
from models.letters import OF_REQUESTS, Letter, miss
from models.promises import Promise
from models.request_contact import contact_of

BATCH = 20
"""Requests per transaction."""


async def chase_requests(shop: Shop, tell: Tell, reach: Reach, now: datetime, wall: datetime) -> int:
    """Point customers to what was refused, or stands unread for an hour, at the contact that was proven for
    the request; what cannot be told so is a task for staff. By day only. A receipt that did not arrive was no
    answer: the 2 working days go on."""
    if not within(DAYTIME, now):
        return 0
    due = [one for one in await unread(now) if one.matter in OF_REQUESTS]
    by_request = [list(group) for _, group in groupby(due, key=lambda letter: letter.about)]

    async def batch(some: Sequence[Sequence[Letter]]) -> int:
        return await _chase(some, shop, tell, reach, now, wall)

    return await in_batches(by_request, BATCH, batch)


async def _chase(
    by_request: Sequence[Sequence[Letter]],
    shop: Shop,
    tell: Tell,
    reach: Reach,
    now: datetime,
    wall: datetime,
) -> int:
    """Look after the letters of some requests; of how many."""
    done, tasks = 0, list[str]()
    for letters in by_request:
        request = await DataRequest.hold(letters[0].about)
        # One statement: of two processes at once one has the letters, the other none.
        if not await miss(letters) or request is None:
            continue
        done += 1
        if request.state is RequestState.WITHDRAWN:
            continue
        if request.state is RequestState.OPEN and any(one.matter is Matter.RECEIPT for one in letters):
            await Deadline.resume(request.id, Promise.ANSWER)
        if not await _pointed(shop, tell, reach, request, letters, now, wall):
            await Event.record(Tag.REQUEST_UNREACHED, now, customer=request.customer, request=request.id)
            tasks.append(request.code)
    if tasks:
        await tell(ToStaff(Say("request.unreached", count=len(tasks), codes=", ".join(tasks))), now, wall)
    return done


async def _pointed(
    shop: Shop,
    tell: Tell,
    reach: Reach,
    request: DataRequest,
    letters: Sequence[Letter],
    now: datetime,
    wall: datetime,
) -> bool:
    """Write to the contact of a request that was made in a chat; False where that has failed already, cannot
    be, or is gone with the customer."""
    language = letters[-1].language
    contact, key = await contact_of(request), await request.key()
    if any(one.language is None for one in letters) or contact is None or key is None:
        return False
    if contact[0] not in reach.kinds:
        return False
    words, about = look_at(shop, request.code, reach.page), About(request.id, Matter.REQUEST)
    await tell(ToContact(*contact, words, about=about, language=language, subject=key.id), now, wall)
    await Event.record(
        Tag.REQUEST_POINTED, now, customer=request.customer, request=request.id, detail=contact[0]
    )
    return True
