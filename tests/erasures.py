"""Erasures, as the tests ask for them."""

from __future__ import annotations

from datetime import date

from chatbot.pages.notme import Result, objected
from models.customer import Customer
from models.database import run_tx
from models.keys import SubjectKey, new_id
from models.legal_hold import Ground, LegalHold
from models.outgoing import Outgoing
from models.roles import Role
from tests.cases import SHOP
from tests.chat import TEXTS, CustomerChat, Desk, code_for
from tests.people import EMAIL


async def by_mail(chat: CustomerChat, address: str = EMAIL) -> list[str]:
    """Prove an address, from the question how to verify."""
    await chat.presses("identity.way.choice.email")
    await chat.says(address)
    return await chat.says(await code_for(address))


async def is_asked(desk: Desk, user: str = "1", channel: str = "web") -> CustomerChat:
    """A chat whose customer has just proven their address, and is asked to confirm."""
    chat = desk.chat(user, channel)
    await chat.says("/xoadulieu")
    assert (await by_mail(chat))[-1] == "erase.confirm.ask"
    return chat


async def confirms(desk: Desk, user: str = "1", channel: str = "web") -> CustomerChat:
    """A chat whose customer has confirmed the erasure."""
    chat = await is_asked(desk, user, channel)
    assert "erase.begun" in await chat.says("xoá dữ liệu")
    return chat


async def warned() -> dict[str, str]:
    """The token of the link in the last warning to each contact."""
    found = {}
    for row in await Outgoing.filter(outlet__in=["sms", "email"], purpose="notice").order_by("id"):
        key = await SubjectKey.of(row.subject)
        target, reply = row.opened_target(key), row.opened(key)
        if target and reply and reply.link:
            found[target.user] = reply.link.url.rpartition("/")[2]
    return found


async def by_link(desk: Desk, token: str) -> Result:
    """Press the button of the page that a warning leads to."""
    return await run_tx(lambda: objected(desk.texts(TEXTS.catalogues), SHOP, token, desk.time.now()))


async def holds(record: Customer, desk: Desk) -> None:
    """Put a legal hold on a record."""
    day = date(2027, 5, 1)
    hold = LegalHold.put(
        record,
        Ground.DISPUTE,
        "Vụ kiện",
        review_on=day,
        member=new_id(),
        role=Role.DIRECTOR,
        now=desk.time.now(),
    )
    await run_tx(lambda: hold)
