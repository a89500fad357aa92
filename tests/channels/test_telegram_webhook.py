"""What the webhook answers, whoever knocks."""

from __future__ import annotations

import asyncio
import gzip
import io
import json
import re
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from chatbot.channels.telegram.webhook import LARGEST_BODY, SECRET_HEADER
from chatbot.messages import Address
from tests.bot_api import BotApi
from tests.channels.telegram_desk import SECRET, STAFF_CHAT, Desk
from tests.properties import tries
from tests.telegram_updates import person, private, text_update

GOOD = {"update_id": 1, **text_update(1001, "Chào shop")}
GROUP = {"id": int(STAFF_CHAT), "type": "supergroup", "title": "g"}
POST = {"message_id": 1, "date": 1, "chat": {"id": -1003, "type": "channel", "title": "c"}, "text": "x"}
REACTION = {"chat": private(1001), "message_id": 1, "user": person(1001), "date": 1}


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    """A channel in webhook mode that has not been started: nobody but the test knocks."""
    async with BotApi() as api, Desk(api.url) as desk:
        yield desk


async def test_a_message_is_answered_with_200_once_it_is_stored(desk: Desk) -> None:
    """Not before: what is not stored must come again."""
    stored = asyncio.Event()

    async def slow(_: Any) -> None:
        await stored.wait()

    desk.at_receive = slow
    answer = asyncio.create_task(desk.post(GOOD))
    await asyncio.sleep(0.1)
    assert not answer.done()
    stored.set()
    assert await answer == 200
    assert [message.text for message in desk.received] == ["Chào shop"]


@pytest.mark.parametrize("secret", [None, "", "wrong", SECRET[:-1], SECRET + "x", "bí-mật"])
@pytest.mark.parametrize("body", [orjson.dumps(GOOD), b"{", b"x" * (LARGEST_BODY + 1)])
async def test_without_the_secret_nobody_gets_in(desk: Desk, secret: str | None, body: bytes) -> None:
    """403 whatever the body and its type are."""
    headers = {"Content-Type": "text/plain"} | ({} if secret is None else {SECRET_HEADER: secret})
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{desk.url}/telegram", data=io.BytesIO(body), headers=headers) as response,
    ):
        assert response.status == 403
    assert desk.received == []


async def test_the_secret_is_asked_for_before_the_body_is_read(desk: Desk) -> None:
    """A stranger who promises a body and never sends it is answered at once."""
    host, _, port = desk.url.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(b"POST /telegram HTTP/1.1\r\nHost: x\r\nContent-Length: 500000\r\n\r\n")
    line = await asyncio.wait_for(reader.readline(), 2)
    writer.close()
    assert b" 403 " in line


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (GOOD, {"Content-Type": "text/plain"}, 415),
        (GOOD, {"Content-Type": "application/x-www-form-urlencoded"}, 415),
        (GOOD, {"Content-Type": "application/json/x; ;;"}, 415),
        (GOOD, {"Content-Type": "application/json; charset=utf-8"}, 200),
        (b" " * (LARGEST_BODY + 1), {}, 413),
        (gzip.compress(b" " * (LARGEST_BODY * 20)), {"Content-Encoding": "gzip"}, 413),
        (gzip.compress(orjson.dumps(GOOD)), {"Content-Encoding": "gzip"}, 200),
        (b"this is no gzip", {"Content-Encoding": "gzip"}, 400),
        (b"", {}, 400),
        (orjson.dumps(GOOD)[:-1], {}, 400),
        (orjson.dumps(GOOD) + b"x", {}, 400),
        (b"[" * 100_000, {}, 400),
        (b'{"update_id":1,"message":' * 900 + b"1" + b"}" * 900, {}, 400),
        (b'{"update_id":1,"message":' + b'{"reply_to_message":' * 900 + b"1" + b"}" * 901, {}, 400),
        (json.dumps(GOOD, ensure_ascii=False).encode("utf-16"), {}, 400),
        (json.dumps(GOOD, ensure_ascii=False).encode("latin-1"), {}, 400),
        (b"\xef\xbb\xbf" + orjson.dumps(GOOD), {}, 400),
        (b'{"update_id":1,"message":{"text":"\xff"}}', {}, 400),
        (b'{"update_id":1,"message":{"text":"\\ud800"}}', {}, 400),
        (b'{"update_id":NaN}', {}, 400),
        (b'{"update_id":1e999}', {}, 400),
        (b'{"update_id":99999999999999999999999}', {}, 400),
        (b"null", {}, 400),
        (b'"text"', {}, 400),
        ([GOOD], {}, 400),
        ({}, {}, 400),
        ({**GOOD, "update_id": "1"}, {}, 400),
        ({**GOOD, "update_id": -1}, {}, 400),
        ({"update_id": 1, "message": {}}, {}, 400),
        ({"update_id": 1, "message": "x"}, {}, 400),
        ({"update_id": 1, **text_update(1001, "x", date=10**17)}, {}, 400),
        ({"update_id": 1, **text_update(1001, "x", date=-(10**11))}, {}, 400),
        ({"update_id": 1, **text_update(1001, "x" * 1_000_000)}, {}, 200),
    ],
)
async def test_a_body_that_is_no_update_is_refused(
    desk: Desk, body: Any, headers: dict[str, str], status: int
) -> None:
    """Type, size, encoding, JSON and shape each have their answer, and nothing is stored."""
    assert await desk.post(body, headers) == status
    assert len(desk.received) == (status == 200)


@pytest.mark.parametrize(
    "update",
    [
        {},
        {"channel_post": POST},
        {"edited_channel_post": POST},
        {"business_connection": {"id": "b", "user": person(1001), "user_chat_id": 1001, "date": 1}},
        {"business_message": {**GOOD["message"], "business_connection_id": "b"}},
        {"edited_business_message": GOOD["message"]},
        {"deleted_business_messages": {"business_connection_id": "b", "chat": private(1), "message_ids": []}},
        {"message_reaction": {**REACTION, "old_reaction": [], "new_reaction": []}},
        {"message_reaction_count": {**REACTION, "reactions": []}},
        {"inline_query": {"id": "1", "from": person(1001), "query": "x", "offset": ""}},
        {"chosen_inline_result": {"result_id": "1", "from": person(1001), "query": "x"}},
        {"shipping_query": {"id": "1", "from": person(1001), "invoice_payload": "x"}},
        {"pre_checkout_query": {"id": "1", "from": person(1001), "currency": "VND", "total_amount": 1}},
        {"purchased_paid_media": {"from": person(1001), "paid_media_payload": "x"}},
        {"poll": {"id": "1", "question": "x", "options": []}},
        {"poll_answer": {"poll_id": "1", "user": person(1001), "option_ids": [0]}},
        {"chat_member": {"chat": GROUP, "from": person(1001), "date": 1}},
        {"chat_join_request": {"chat": GROUP, "from": person(1001), "user_chat_id": 1, "date": 1}},
        {"chat_boost": {"chat": GROUP, "boost": {}}},
        {"removed_chat_boost": {"chat": GROUP, "boost_id": "b", "remove_date": 1, "source": {}}},
        {"a_kind_of_the_future": {"x": 1}},
        text_update(1001, "x", chat=GROUP),
        text_update(1001, "x", **{"from": person(1001, is_bot=True)}),
        {"callback_query": {"id": "q", "from": person(1001), "chat_instance": "1", "game_short_name": "g"}},
    ],
    ids=lambda update: next(iter(update), "none"),
)
async def test_an_update_of_another_kind_is_taken_and_forgotten(desk: Desk, update: dict[str, Any]) -> None:
    """200, or Telegram would bring it again and again; nothing is stored."""
    assert await desk.post({"update_id": 1, **update}) == 200
    assert (desk.received, desk.memberships) == ([], [])


async def test_a_body_that_breaks_off_is_dropped(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    """The sender has gone: nothing is stored and no traceback is logged."""
    host, _, port = desk.url.removeprefix("http://").partition(":")
    _, writer = await asyncio.open_connection(host, int(port))
    head = f"POST /telegram HTTP/1.1\r\nHost: x\r\n{SECRET_HEADER}: {SECRET}\r\n"
    writer.write(f"{head}Content-Type: application/json\r\nContent-Length: 500\r\n\r\n{{".encode())
    await writer.drain()
    writer.transport.abort()
    await asyncio.sleep(0.1)
    assert desk.received == []
    assert caplog.text == ""
    assert await desk.post(GOOD) == 200


async def test_busy_is_answered_with_503_and_a_time(desk: Desk) -> None:
    """Only when the database cannot take the message; the same delivery then succeeds."""
    desk.busy = 1
    async with (
        aiohttp.ClientSession(headers={SECRET_HEADER: SECRET}) as session,
        session.post(f"{desk.url}/telegram", json=GOOD) as response,
    ):
        assert response.status == 503
        assert int(response.headers["Retry-After"]) > 0
    assert desk.channel.health() == "the database cannot take messages now; they wait at Telegram"
    assert await desk.post(GOOD) == 200
    assert desk.channel.health() is None
    assert [message.delivery for message in desk.received] == ["1"]


async def test_a_person_who_blocks_the_bot_is_noted(desk: Desk) -> None:
    """And one who comes back."""
    bot = {"id": 7, "is_bot": True, "first_name": "b"}
    for status in ("kicked", "member"):
        change = {
            "chat": private(1001),
            "from": person(1001),
            "date": 1,
            "old_chat_member": {"user": bot, "status": "member"},
            "new_chat_member": {"user": bot, "status": status, "until_date": 0},
        }
        assert await desk.post({"update_id": 5, "my_chat_member": change}) == 200
    me = Address("telegram", "1001")
    assert desk.memberships == [(me, True), (me, False)]


async def test_the_staff_group_that_becomes_a_supergroup_is_told_to_the_operator(
    desk: Desk,
) -> None:
    """One line with what to do; other groups are none of ours."""
    with capture_logs() as lines:
        for chat in (int(STAFF_CHAT), -100999):
            moved = text_update(1001, "x", chat={"id": chat, "type": "group"}, migrate_to_chat_id=-100300)
            assert await desk.post({"update_id": 1, **moved}) == 200
    assert [line["to_do"] for line in lines] == ["set TELEGRAM_STAFF_CHAT=-100300 and restart"]


async def test_what_is_refused_leaves_one_line_without_any_of_it(desk: Desk) -> None:
    """The operator sees that and why, not what and by whom."""
    bad = {"update_id": 1, **text_update(1001, "Nguyễn Văn A 0900000001", date="hôm qua")}
    with capture_logs() as lines:
        assert await desk.post(bad) == 400
        assert await desk.post(b"0900000001") == 400
        assert await desk.post(bad, {SECRET_HEADER: "0900000001"}) == 403
    assert [(line["event"], line["status"]) for line in lines] == [
        ("telegram_request_refused", 400),
        ("telegram_request_refused", 400),
        ("telegram_request_refused", 403),
    ]
    assert not any(part in str(lines) for part in ("1001", "Nguyễn", "0900000001"))


_LEAVES = st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text(max_size=5)
_JSON = st.recursive(
    _LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
_FIELDS = re.findall(
    r"\w+",
    "text caption date edit_date chat from photo document audio voice video video_note contact dice sticker "
    "media_group_id forward_origin via_bot location reply_to_message entities message_id data id message "
    "chat_instance new_chat_member old_chat_member poll migrate_to_chat_id pinned_message animation",
)
_KINDS = ("message", "edited_message", "callback_query", "my_chat_member", "poll", "channel_post")


@st.composite
def _mutants(draw: st.DrawFn) -> Any:
    """A good update in which some fields have been replaced, at any depth, or anything at all."""
    if draw(st.booleans()):
        return draw(_JSON)
    content: dict[str, Any] = {**orjson.loads(orjson.dumps(GOOD["message"])), "chat_instance": "1", "id": "q"}
    content |= draw(st.dictionaries(st.sampled_from(_FIELDS), _JSON, max_size=4))
    for name in ("chat", "from"):
        if isinstance(content[name], dict) and draw(st.booleans()):
            inner = st.sampled_from(["id", "type", "is_bot"])
            content[name] |= draw(st.dictionaries(inner, _JSON, max_size=2))
    kinds = draw(st.lists(st.sampled_from(_KINDS), min_size=1, max_size=2))
    return {"update_id": draw(st.just(1) | _JSON), **{kind: draw(st.just(content) | _JSON) for kind in kinds}}


@given(st.lists(_mutants(), min_size=20, max_size=20))
@settings(max_examples=tries(40), deadline=None, suppress_health_check=list(HealthCheck))
def test_no_body_whatever_causes_a_5xx(bodies: list[Any]) -> None:
    """Every JSON body is either taken or refused."""

    async def knock() -> set[int]:
        async with BotApi() as api, Desk(api.url) as desk:
            return {await desk.post(body) for body in bodies}

    assert asyncio.run(knock()) <= {200, 400}
