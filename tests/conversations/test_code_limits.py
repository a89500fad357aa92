"""How many codes go out, and how many guesses come in: from one network, and from everybody together."""

from __future__ import annotations

from datetime import timedelta

from models.code import ALARM_FROM, SENDS_FROM_NETWORK, SENDS_IN_ALL, SLOW_BY, SLOW_FROM, WRONG_FROM_NETWORK
from models.keys import ring
from models.outgoing import Outgoing
from models.tally import Limit, Tally
from tests.chat import CustomerChat, Desk, code_for
from tests.conftest import Database
from tests.conversations.filed_cases import told_to_staff
from tests.people import PHONE, put_on_file

HERE, ELSEWHERE = "203.0.113.7", "203.0.113.8"


async def count_to(limit: Limit, key: str, many: int, desk: Desk) -> None:
    """As if so many had been counted already."""
    at = int(desk.time.now().timestamp() * 1000)
    await Tally.update_or_create(scope=limit.scope, key=key, defaults={"count": many, "last_ms": at})


async def asks(chat: CustomerChat, network: str = HERE) -> str:
    """Ask for a code to a number of one's own; what is said."""
    await chat.says("/xacminh", network=network)
    return (await chat.says(f"0900 000 00{chat.address.user}", network=network))[0]


async def test_one_network_gets_so_many_codes(database: Database) -> None:
    """However many chats it opens; neither another network nor a later hour suffers from it."""
    desk = Desk()
    await count_to(SENDS_FROM_NETWORK, ring().blind_index("network", HERE), SENDS_FROM_NETWORK.most - 1, desk)
    assert await asks(desk.chat("1")) == "identity.sent.phone"
    assert await asks(desk.chat("2")) == "identity.too_many_codes"
    assert await asks(desk.chat("3"), ELSEWHERE) == "identity.sent.phone"
    desk.time.move(SENDS_FROM_NETWORK.window)
    assert await asks(desk.chat("4")) == "identity.sent.phone"


async def test_one_network_guesses_so_often(database: Database) -> None:
    """Whatever the contact: then even the right code counts from there no more; from elsewhere it does."""
    desk = Desk()
    await put_on_file(desk.time.now())
    chat = desk.chat()
    origin = ring().blind_index("network", HERE)
    await count_to(WRONG_FROM_NETWORK, origin, WRONG_FROM_NETWORK.most - 1, desk)
    await asks(chat)
    code = await code_for(PHONE)
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    assert (await chat.says(wrong, network=HERE))[0] == "identity.code.wrong"
    assert (await chat.says(code, network=HERE))[0] == "identity.shut"
    await asks(chat, ELSEWHERE)
    assert (await chat.says(await code_for(PHONE), network=ELSEWHERE))[0] == "identity.proven"


async def test_many_codes_alarm_staff_then_slow_down_then_stop(database: Database) -> None:
    """Whoever asks, from wherever; with the next clock hour it begins anew."""
    desk, hour = Desk(), "2026-11-25T02"

    async def sent_after(many: int, chat: str) -> str:
        await count_to(SENDS_IN_ALL, hour, many, desk)
        return await asks(desk.chat(chat), f"203.0.113.{chat}")

    assert await sent_after(ALARM_FROM - 2, "1") == "identity.sent.phone"
    assert await told_to_staff() == []
    assert await sent_after(ALARM_FROM - 1, "2") == "identity.sent.phone"
    assert len(await told_to_staff()) == 1
    assert await sent_after(SLOW_FROM, "3") == "identity.sent.phone"
    last = await Outgoing.filter(outlet="sms").order_by("-id").first()
    assert last
    assert last.not_before == desk.time.now() + SLOW_BY
    assert await sent_after(SENDS_IN_ALL.most, "4") == "identity.codes_paused"
    assert await sent_after(SENDS_IN_ALL.most + 1, "5") == "identity.codes_paused"
    assert await Outgoing.filter(outlet="sms").count() == 3
    assert len(await told_to_staff()) == 2
    desk.time.move(timedelta(hours=1))
    assert await asks(desk.chat("6"), ELSEWHERE) == "identity.sent.phone"
