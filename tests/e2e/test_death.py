"""The program ends in the middle of its work, by a power cut or because it is told to."""

from __future__ import annotations

import asyncio
import random
from functools import partial
from itertools import groupby

import pytest

from tests.e2e.outside import Gateway, Telegram
from tests.e2e.program import Program, soon
from tests.e2e.store import let_claims_expire, query
from tests.e2e.visitor import Visitor
from tests.telegram_updates import Json, text_update

CHATS = range(1001, 1011)
UNDISTURBED = 1000
# Each message is answered otherwise than the one before, so that the answers tell their order; wrong codes
# and the wish for a person tell if one was handled twice. Masked, all these addresses look the same.
SAID = (
    "/start",
    "/trogiup",
    "/xacminh",
    "Mã gửi tới e-mail",
    "k{chat}@example.com",
    "111111",
    "222222",
    "Gửi mã mới",
    "/trogiup",
    "/nhanvien",
    "Tôi muốn hỏi về đơn hàng.",
    "/xemdulieu",
    "Mã gửi tới e-mail",
    "k{chat}@example.com",
    "333333",
    "huỷ",
    "huỷ",
    "/menu",
    "nhân viên",
    "Xong",
)
CODES_EACH = 3


@pytest.mark.parametrize("module", ["tests.e2e.unpaced"])
async def test_three_power_cuts_cost_nothing(desk: Program, telegram: Telegram, gateway: Gateway) -> None:
    """200 messages of ten chats, each brought until it is taken: every one counts once, and each chat has all
    its answers in order. What was being sent just then may come twice, but never a code."""
    url = desk.settings["DATABASE_URL"]
    telegram.hold("sendMessage", 0.02)
    gateway.delay = 0.02
    taken: list[int] = []
    await writes(telegram, UNDISTURBED, taken)
    await all_settled(url)
    expected = telegram.texts(UNDISTURBED)
    assert len(expected) > len(SAID)
    assert without_repetitions(expected) == expected

    async with asyncio.TaskGroup() as customers:
        for chat in CHATS:
            customers.create_task(writes(telegram, chat, taken))
        for part in (1, 2, 3):
            enough = len(SAID) + part * 50 + random.randrange(-20, 20)
            await soon(partial(counts, taken, enough), pause=0.002)
            await asyncio.sleep(random.uniform(0, 0.03))
            await desk.kill()
            await let_claims_expire(url)
            await desk.start()
            telegram.desk = desk.url
    await all_settled(url)

    chats = len(CHATS) + 1
    heard = {chat: without_repetitions(telegram.texts(chat)) for chat in CHATS}
    assert heard == dict.fromkeys(CHATS, expected)
    fates = "SELECT fate, count(*) FROM delivery GROUP BY fate"
    assert await query(url, fates) == [("handled", chats * len(SAID))]
    assert await query(url, "SELECT count(*) FROM wish") == [(chats,)]
    answers = "SELECT count(*) FROM outgoing WHERE purpose = 'answer'"
    assert await query(url, answers) == [(chats * len(expected),)]
    states = "SELECT state, count(*) FROM outgoing WHERE purpose = 'code' GROUP BY state"
    codes = dict(await query(url, states))
    assert codes.keys() <= {"sent", "unknown"}
    assert sum(codes.values()) == chats * CODES_EACH
    came = [sent.id for sent in gateway.sent if sent.code]
    assert len(came) == len(set(came))
    assert codes["sent"] <= len(came) <= chats * CODES_EACH


async def writes(telegram: Telegram, chat: int, taken: list[int]) -> None:
    """A chat says everything, message by message, as Telegram brings it: again until it was taken, and now
    and then once more."""
    for number, words in enumerate(SAID):
        text = words.replace("{chat}", str(chat))
        update = {"update_id": chat * 100 + number, **text_update(chat, text)}
        await soon(partial(is_taken, telegram, update), seconds=30, pause=0.02)
        if random.random() < 0.1:
            await telegram.post(update)
        taken.append(chat)


def counts(taken: list[int], enough: int) -> bool:
    """Whether so many messages were taken."""
    return len(taken) >= enough


async def is_taken(telegram: Telegram, update: Json) -> bool:
    """Bring an update once; whether the desk has taken it."""
    return await telegram.post(update) == 200


async def all_settled(url: str) -> None:
    """Wait until nothing is left in the outbox."""

    async def nothing_is_left() -> bool:
        return not await query(url, "SELECT 1 FROM outgoing WHERE state IN ('queued', 'sending')")

    await soon(nothing_is_left, seconds=20)


def without_repetitions(texts: list[str]) -> list[str]:
    """A text that came several times in a row, once."""
    return [text for text, _ in groupby(texts)]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_told_to_end_it_finishes_what_it_began(desk: Program, telegram: Telegram) -> None:
    """SIGTERM, with a page open and a message under way: that one arrives and is not sent again, what waited
    for its turn goes out after the next start, and nothing is complained of."""
    telegram.hold("sendMessage", 0.5)
    async with Visitor(desk.url) as visitor:
        await visitor.tab()
        await telegram.push_text(1001, "/trogiup")
        await telegram.wait_until(lambda: len(telegram.texts(1001)) == 1)
        assert await desk.terminate(seconds=5) == 0
    url = desk.settings["DATABASE_URL"]
    states = "SELECT state FROM outgoing WHERE outlet = 'telegram' ORDER BY id"
    assert [state for (state,) in await query(url, states)] == ["sent", "queued"]
    await desk.start()
    await telegram.wait_until(lambda: len(telegram.texts(1001)) == 2, seconds=10)
    await all_settled(url)
    assert len(set(telegram.texts(1001))) == 2
    assert desk.problems == []
