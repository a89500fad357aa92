"""The web chat against whatever a socket or a request can contain."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from contextlib import suppress
from uuid import uuid4

import pytest
from aiohttp import ClientSession, WSServerHandshakeError
from hypothesis import given, settings
from hypothesis import strategies as st

from chatbot.channels import Busy
from chatbot.channels.web import Limits, TooMuch
from chatbot.channels.web.frames import BadFrame, Hello, Message, Seen, read
from chatbot.channels.web.limits import Rate
from chatbot.channels.web.upload import plain_name
from tests.properties import tries
from tests.web_customer import Browser
from tests.web_world import World

ID = str(uuid4())


@pytest.fixture
async def browser(caplog: pytest.LogCaptureFixture) -> AsyncIterator[Browser]:
    """A browser, after whose visit the server must have no fault in its log."""
    with caplog.at_level(logging.ERROR):
        async with World(limits=Limits(upload_burst=1000)) as world, Browser(world) as browser:
            yield browser
    assert caplog.text == ""


BAD = [
    "",
    "null",
    "[]",
    "17",
    '"hello"',
    "{",
    "{}",
    '{"type": null}',
    '{"type": "nonsense"}',
    '{"type": ["message"]}',
    "[" * 30_000,
    '{"type":"message","text":' + "[" * 20_000,
    '{"a":' * 5_000 + "1" + "}" * 5_000,
    json.dumps({"type": "message"}),
    json.dumps({"type": "message", "id": ID}),
    json.dumps({"type": "message", "id": "17", "text": "x"}),
    json.dumps({"type": "message", "id": ID, "text": ""}),
    json.dumps({"type": "message", "id": ID, "text": 17}),
    json.dumps({"type": "message", "id": ID, "text": "x", "press": "y"}),
    json.dumps({"type": "message", "id": ID, "press": "y" * 65}),
    json.dumps({"type": "message", "id": ID, "files": []}),
    json.dumps({"type": "message", "id": ID, "files": ["x"] * 11}),
    json.dumps({"type": "message", "id": ID, "files": "x"}),
    json.dumps({"type": "hello", "after": -1}),
    json.dumps({"type": "hello", "after": 2**70}),
    json.dumps({"type": "hello", "after": 1.5}),
    json.dumps({"type": "hello", "after": True}),
    json.dumps({"type": "hello", "after": "1"}),
    json.dumps({"type": "hello", "language": "../../etc"}),
    json.dumps({"type": "seen", "seq": "x"}),
    '{"type":"hello","after":NaN}',
    '{"type":"hello","after":1e999}',
    '{"type":"message","id":"' + ID + '","text":"\\ud800"}',
]


@pytest.mark.parametrize("data", BAD, ids=range(len(BAD)))
async def test_a_bad_frame_gets_an_answer_and_the_line_goes_on(browser: Browser, data: str) -> None:
    """The next good frame is served as if nothing had been."""
    tab = await browser.dial()
    await tab.socket.send_str(data)
    assert (await tab.read())["code"] == "bad_frame"
    await tab.write(type="hello", after=0, language="vi")
    await tab.until("ready")


@given(st.text() | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(json.dumps))
@settings(max_examples=tries(300))
def test_whatever_comes_is_a_frame_or_a_bad_frame(data: str) -> None:
    """Reading a frame raises nothing else."""
    with suppress(BadFrame):
        assert isinstance(read(data), Hello | Message | Seen)


async def test_nothing_is_taken_before_hello(browser: Browser) -> None:
    """And hello is said once."""
    tab = await browser.dial()
    await tab.say("quá sớm")
    assert (await tab.read())["code"] == "hello_first"
    await tab.write(type="hello")
    await tab.until("ready")
    await tab.write(type="hello")
    assert (await tab.read())["code"] == "hello_again"
    assert browser.world.memory.inbound == []


async def test_a_frame_over_the_limit_ends_the_line(browser: Browser) -> None:
    """With the code that says so; the message is not half taken."""
    tab = await browser.tab()
    await tab.say("x" * 33_000)
    assert await tab.closed() == 1009
    assert browser.world.memory.inbound == []


async def test_a_text_is_taken_whole_or_not_at_all(browser: Browser) -> None:
    """Up to 8,000 characters of any alphabet; a longer one is refused by its id, and the line goes on."""
    tab = await browser.tab()
    await tab.until("ready")
    for letter in "xạ🎈":
        longer = await tab.say(letter * 8_001)
        assert (await tab.until("error"))[-1] == {"type": "error", "code": "too_long", "id": longer}
        id = await tab.say(letter * 8_000)
        await tab.until("ack", id=id)
    assert [message.text for message in browser.world.memory.inbound] == [letter * 8_000 for letter in "xạ🎈"]


async def test_a_key_that_is_no_ascii_opens_no_socket(browser: Browser) -> None:
    """It is answered like any other request that is no WebSocket's."""
    reader, writer = await asyncio.open_connection("127.0.0.1", browser.world.port)
    head = (
        f"GET /chat/ws HTTP/1.1\r\nHost: localhost:{browser.world.port}\r\nOrigin: {browser.world.url}\r\n"
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: é\r\n\r\n"
    )
    writer.write(head.encode())
    assert (await asyncio.wait_for(reader.readline(), 2)).split()[1] == b"400"
    writer.close()


async def test_a_text_keeps_everything_but_the_nul_that_no_database_takes(browser: Browser) -> None:
    """Also what looks like markup, and emoji."""
    tab = await browser.tab()
    await tab.say("a\0b <script>\n🎈 ‮")
    await tab.until("ack")
    assert browser.world.memory.inbound[0].text == "ab <script>\n🎈 ‮"


async def test_a_binary_frame_is_refused(browser: Browser) -> None:
    """There are none in this chat."""
    tab = await browser.tab()
    await tab.until("ready")
    await tab.socket.send_bytes(b"\x00\xff")
    assert (await tab.read())["code"] == "not_text"


async def test_text_that_is_no_utf8_ends_the_line(browser: Browser) -> None:
    """As the WebSocket protocol asks (RFC 6455 section 8.1)."""
    tab = await browser.tab()
    await tab.until("ready")
    writer = tab.socket._writer
    await writer.send_frame(b"\xff\xfe{", 1)
    assert await tab.closed() == 1007


async def test_who_sends_only_rubbish_is_cut_off(browser: Browser) -> None:
    """The line is not kept for ever for nothing."""
    tab = await browser.tab()
    for _ in range(30):
        await tab.socket.send_str("rubbish")
    assert await tab.closed() == 1008


async def test_a_line_that_breaks_in_the_middle_leaves_nothing_behind(browser: Browser) -> None:
    """A customer who walks into a tunnel is no fault, and makes room for the next."""
    for _ in range(5):
        tab = await browser.tab()
        await tab.say("xin chào")
        transport = tab.socket._conn.transport  # type: ignore[union-attr]
        assert transport
        transport.abort()
    await asyncio.sleep(0.2)
    assert browser.world.channel._pages == {}
    assert not browser.world.channel._networks


async def test_a_file_of_somebody_else_cannot_be_sent(browser: Browser) -> None:
    """A handle is good for the chat that uploaded it alone."""
    _, file = await browser.upload(b"mine")
    async with Browser(browser.world) as thief:
        tab = await thief.tab()
        await tab.write(type="message", id=ID, files=[file["id"]])
        assert (await tab.until("error"))[-1]["code"] == "no_such_file"
    assert browser.world.memory.inbound == []


@pytest.mark.parametrize(
    "cookie",
    [
        "",
        "desk",
        "desk=",
        "desk=kurz",
        "desk=" + "a" * 44,
        "desk=../../../x",
        'desk="\\',
        "=;=;;",
        "desk=%00",
    ],
)
async def test_a_made_up_cookie_is_no_cookie(browser: Browser, cookie: str) -> None:
    """The page gives a new one; the socket says that there is none."""
    browser.session.cookie_jar.clear()
    async with browser.session.get(browser.world.url + "/", headers={"Cookie": cookie}) as answer:
        assert answer.status == 200
        assert "desk=" in answer.headers["Set-Cookie"]
    browser.session.cookie_jar.clear()
    tab = await browser.dial(Cookie=cookie)
    assert (await tab.read())["code"] == "no_cookie"


@pytest.mark.parametrize(
    ("method", "path", "headers"),
    [
        ("GET", "/chat/ws", {}),
        ("POST", "/chat/ws", {}),
        ("GET", "/chat/ws", {"Upgrade": "websocket", "Connection": "Upgrade"}),
        ("GET", "/chat/ws", {"Upgrade": "h2c", "Connection": "Upgrade", "Sec-WebSocket-Version": "99"}),
        ("GET", "/chat/files", {}),
        ("GET", "/static/x/../../settings.py", {}),
        ("GET", "/static/x/%2e%2e%2fchat.py", {}),
        ("GET", "/static/x/chat.html", {}),
        ("GET", "/static/x/" + "a" * 3000, {}),
        ("POST", "/", {}),
        ("GET", "/?lang=" + "x" * 2000, {"Accept-Language": ",;;q=,=" * 200}),
        ("GET", "/?lang=%00%ff%fe", {"Host": "evil.example\"'; script-src *"}),
        ("GET", "/", {"X-Forwarded-For": "::::, 999.1.1.1, ,"}),
        ("POST", "/demo/clock", {"Content-Type": "application/json"}),
    ],
)
async def test_no_request_is_a_fault_of_the_server(
    browser: Browser, method: str, path: str, headers: dict[str, str]
) -> None:
    """Odd requests get an answer below 500, with the security headers."""
    async with browser.session.request(
        method, browser.world.url + path, headers={**browser.headers, **headers}
    ) as answer:
        assert answer.status < 500
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "evil" not in answer.headers["Content-Security-Policy"]


async def test_a_socket_needs_the_origin_header_at_all(browser: Browser) -> None:
    """Every browser sends it, so nothing else is served."""
    del browser.headers["Origin"]
    with pytest.raises(WSServerHandshakeError) as refused:
        await browser.dial()
    assert refused.value.status == 403


MULTIPART = {"Content-Type": "multipart/form-data; boundary=b"}
PART = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\nhello'


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"hello", {"Content-Type": "text/plain"}, 415),
        (b"{}", {"Content-Type": "application/json"}, 415),
        (b"hello", {"Content-Type": "multipart/form-data"}, 400),
        (b"hello", {"Content-Type": "multipart/form-data; boundary=" + "x" * 200}, 400),
        (b"hello", {"Content-Type": 'multipart/form-data; boundary="\\'}, 400),
        (b"", MULTIPART, 400),
        (b"--b--\r\n", MULTIPART, 400),
        (b"\xff" * 5000, MULTIPART, 400),
        (PART, MULTIPART, 400),
        (PART + b"\r\n--b", MULTIPART, 400),
        (PART + b"\r\n--b\r\n", MULTIPART, 400),
        (PART + b"\r\n" + PART + b"\r\n--b--\r\n", MULTIPART, 400),
        (PART.replace(b"hello", b"") + b"\r\n--b--\r\n", MULTIPART, 400),
        (PART.replace(b'; filename="a.txt"', b"") + b"\r\n--b--\r\n", MULTIPART, 400),
        (PART.replace(b"file", b"fail") + b"\r\n--b--\r\n", MULTIPART, 400),
        (PART.replace(b"form-data", b"\xff\xfe") + b"\r\n--b--\r\n", MULTIPART, 400),
        (b"--b\r\n" + b"X: y\r\n" * 3000 + b"\r\nhello\r\n--b--\r\n", MULTIPART, 400),
        (
            b"--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\n\r\nx\r\n--c--\r\n--b--",
            MULTIPART,
            400,
        ),
        (
            PART.replace(b"\r\n\r\n", b"\r\nContent-Length: 99999999999\r\n\r\n") + b"\r\n--b--\r\n",
            MULTIPART,
            200,
        ),
        (PART.replace(b"\r\n\r\n", b"\r\nContent-Length: -1\r\n\r\n") + b"\r\n--b--\r\n", MULTIPART, 200),
        (
            PART.replace(b"\r\n\r\n", b"\r\nContent-Transfer-Encoding: base64\r\n\r\n") + b"\r\n--b--\r\n",
            MULTIPART,
            200,
        ),
        (PART + b"\r\n--b--\r\n", MULTIPART, 200),
    ],
    ids=range(22),
)
async def test_an_upload_is_a_whole_file_or_a_clear_refusal(
    browser: Browser, body: bytes, headers: dict[str, str], status: int
) -> None:
    """Half a file, none, or two are never kept."""
    got, answer = await browser.post(body, **headers)
    assert got == status
    assert ("error" in answer) == (status != 200)
    assert len(browser.world.memory.spool.files) == (1 if status == 200 else 0)


@given(st.text(max_size=300))
def test_a_file_name_is_made_harmless(name: str) -> None:
    """No folder, no control characters, never empty, of bounded length, and storable as UTF-8."""
    plain = plain_name(name)
    assert 0 < len(plain) <= 111
    assert not set(plain) & set("/\\\0\n\r\u202e")
    plain.encode()


async def test_an_upload_that_breaks_off_is_not_kept(browser: Browser) -> None:
    """The connection goes away in the middle of the file."""
    _, writer = await asyncio.open_connection("127.0.0.1", browser.world.port)
    cookie = next(cookie.value for cookie in browser.session.cookie_jar)
    head = (
        f"POST /chat/files HTTP/1.1\r\nHost: localhost:{browser.world.port}\r\n"
        f"Origin: {browser.world.url}\r\nCookie: desk={cookie}\r\nX-Desk-Upload: 1\r\n"
        "Content-Length: 100000\r\n"
        "Content-Type: multipart/form-data; boundary=b\r\n\r\n"
    )
    writer.write(head.encode() + PART)
    await writer.drain()
    await asyncio.sleep(0.05)
    writer.transport.abort()
    await asyncio.sleep(0.1)
    assert browser.world.memory.spool.files == {}


async def test_sizes_are_kept_to_while_the_file_comes_in() -> None:
    """A file over the limit is refused, said beforehand or found out on the way; one at the limit is not."""
    async with World(limits=Limits(file=200_000)) as world, Browser(world) as browser:
        assert (await browser.upload(b"x" * 200_000))[0] == 200
        assert await browser.upload(b"x" * 200_001) == (413, {"error": "too_large"})
        assert (await browser.upload(b"x" * 2_000_000))[0] == 413
        assert len(world.memory.spool.files) == 1


async def test_an_uploaded_file_is_sent_by_its_id_and_fetched_by_its_handle() -> None:
    """Its bytes come back as they went in."""
    async with World() as world, Browser(world) as browser:
        content = bytes(range(256)) * 1000
        status, file = await browser.upload(content, "hoá đơn.jpg")
        assert (status, file["name"], file["size"]) == (200, "hoá đơn.jpg", 256_000)
        tab = await browser.tab()
        await tab.write(type="message", id=ID, files=[file["id"]])
        await tab.until("ack")
        (ref,) = world.memory.inbound[0].files
        assert ref.mime == "image/jpeg"
        assert b"".join([piece async for piece in world.channel.fetch(ref)]) == content


@pytest.mark.parametrize("change", [{"Origin": "https://evil.example"}, {"Origin": ""}])
async def test_a_foreign_page_cannot_upload(browser: Browser, change: dict[str, str]) -> None:
    """Neither with the cookie of a customer."""
    assert (await browser.upload(b"x", **change))[0] == 403


async def test_a_form_cannot_upload(browser: Browser) -> None:
    """It cannot set our header; nor does anything without our cookie get in."""
    body = PART + b"\r\n--b--\r\n"
    url = browser.world.url + "/chat/files"
    for session, headers in (
        (browser.session, MULTIPART),
        (ClientSession(), {**MULTIPART, "X-Desk-Upload": "1"}),
    ):
        async with session.post(url, data=body, headers={**browser.headers, **headers}) as answer:
            assert answer.status == 403
        if session is not browser.session:
            await session.close()


@pytest.mark.parametrize(("why", "answer"), [(TooMuch(), (413, "too_much")), (Busy(), (503, "busy"))])
async def test_a_full_spool_is_a_clear_refusal(
    browser: Browser, why: Exception, answer: tuple[int, str]
) -> None:
    """Too much from this chat, or no room for anybody just now."""
    browser.world.memory.spool.refuses = why
    status, told = await browser.upload(b"x")
    assert (status, told["error"]) == answer


async def test_an_upload_says_the_language_of_its_page(browser: Browser) -> None:
    """It may be the first that this customer sends."""
    body = PART + b"\r\n--b--\r\n"
    headers = {**browser.headers, **MULTIPART, "X-Desk-Upload": "1"}
    url = f"{browser.world.url}/chat/files?lang=en"
    async with browser.session.post(url, data=body, headers=headers) as answer:
        assert answer.status == 200
    assert browser.world.memory.spool.language == "en"


async def test_uploads_are_limited_per_network() -> None:
    """So that nobody fills the disk: 429 says when to come again."""
    async with World(limits=Limits(upload_burst=2)) as world, Browser(world) as browser:
        assert [(await browser.upload(b"x"))[0] for _ in range(3)] == [200, 200, 429]


def test_a_rate_lets_a_burst_through_and_then_so_many_a_second() -> None:
    """And forgets who has not been seen for long, so that keys cannot fill the memory."""
    now = 0.0
    rate = Rate(2.0, 3, keys=2, time=lambda: now)
    assert [rate.wait("a") for _ in range(4)] == [0, 0, 0, 0.5]
    now = 0.5
    assert rate.wait("a") == 0
    assert rate.wait("a") == 0.5
    rate.wait("b")
    rate.wait("c")
    assert rate.wait("a") == 0
