"""Không xoá nữa: a record that waits to be erased is kept.

Asks nothing: to keep a record wrongly costs a second request, to erase it wrongly everything. So one proven
contact of the record is enough, from any chat, also one that was taken away from it until 72 hours ago.
"""

from __future__ import annotations

from typing import Any

from chatbot.conversation import Conversation, Done, Go, Needs, Say, Turn
from handlers.identity import opens
from handlers.menu import Nothing
from handlers.owner import chats_of
from models.contact_change import ContactChange
from models.customer import Customer
from models.data_request import DataRequest
from models.erasure import Erasure

keep = Conversation(
    "keep",
    Nothing,
    needs=Needs.CONTACT,
    commands=(
        *("khongxoa", "khongxoanua", "dungxoa", "dungxoanua", "giulaidulieu"),
        *("keepmydata", "donoterase", "donterase"),
    ),
    intents=("keep_data",),
)


@keep.opening
async def undo(turn: Turn[Nothing]) -> Go[Nothing] | Done:
    found = await _waiting(turn)
    kept = {one.id for one in found if await kept_from(turn, one)}
    for proven in turn.person.contacts:
        # Proven while the record was frozen, it could open nothing: now it does, like any other proof.
        if kept.issuperset(proven.frozen) and len(proven.frozen) == 1 and not proven.records:
            await opens(turn, proven.proof, proven.frozen[0])
    if kept:
        return Done("kept", shop=turn.shop.name, offer=("profile", "menu"))
    if found:
        return Done("too_late", email=turn.shop.email, offer=("human", "menu"))
    return Done("nothing", shop=turn.shop.name, offer=("profile", "menu"))


async def keep_all(turn: Turn[Any]) -> bool:
    """Keep every record that waits to be erased and that whoever writes may keep; whether there was one."""
    return any([await kept_from(turn, one) for one in await _waiting(turn)])


async def kept_from(turn: Turn[Any], erasure: Erasure) -> bool:
    """Keep a record, and have the chats of its customer and staff told; False where it is too late."""
    if not await erasure.undo(turn.chat, turn.now):
        return False
    record = await Customer.hold(erasure.id)
    chats = await chats_of(record.opened().contacts) if record else set()
    for chat in sorted({*chats, *([erasure.chat] if erasure.chat else [])} - {turn.chat}):
        turn.tell_chat(chat, Say("keep.told", shop=turn.shop.name, email=turn.shop.email))
    request = await DataRequest.get_or_none(id=erasure.request) if erasure.request else None
    if request:
        turn.tell_staff(Say("keep.staff", code=request.code))
    return True


async def _waiting(turn: Turn[Any]) -> list[Erasure]:
    behind = [record for proven in turn.person.contacts for record in proven.frozen]
    had = [change.customer for change in await ContactChange.against(turn.person, turn.now)]
    return await Erasure.of([*behind, *had])
