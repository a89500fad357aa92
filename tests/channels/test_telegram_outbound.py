"""Replies on their way out, and what Telegram answers to them."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from typing import Any

import pytest
from structlog.testing import capture_logs

from chatbot.channels import Blocked, DeliveryError, Gone, Later, Moved, Refused, TooBig, Unsure
from chatbot.channels.telegram import outbound, transport
from chatbot.messages import Address, Button, FileRef, Link, Reply
from tests.bot_api import TOKEN, BotApi
from tests.channels.telegram_desk import Desk

USER = Address("telegram", "1001")
GROUP = Address("telegram", "-100200")
HELLO = Reply("Chào quý khách")


@pytest.fixture
async def api() -> AsyncIterator[BotApi]:
    """A Bot API server of our own."""
    async with BotApi() as api:
        yield api


@pytest.fixture
async def desk(api: BotApi) -> AsyncIterator[Desk]:
    """A channel that has not been started: it only sends."""
    async with Desk(api.url) as desk:
        yield desk


async def markup(api: BotApi, desk: Desk, reply: Reply, to: Address = USER) -> Any:
    """The keyboard that a reply is sent with."""
    await desk.channel.send(to, reply)
    return api.sent[-1].params.get("reply_markup")


async def test_a_text_goes_out_as_it_is(api: BotApi, desk: Desk) -> None:
    """Plain text without markup or previews; Telegram's id of the message is returned."""
    sent = await desk.channel.send(USER, Reply("<b>1 * 2_3</b> https://example.vn"))
    params = api.sent[0].params
    assert sent == "2"
    assert params["text"] == "<b>1 * 2_3</b> https://example.vn"
    assert params["link_preview_options"] == {"is_disabled": True}
    assert "parse_mode" not in params


async def test_choices_are_buttons_in_rows_that_fit(api: BotApi, desk: Desk) -> None:
    """Short labels stand side by side, long ones each on a row of its own."""
    short = await markup(api, desk, Reply("?", buttons=(Button("y", "Có"), Button("n", "Không"))))
    assert short == {
        "inline_keyboard": [[{"text": "Có", "callback_data": "y"}, {"text": "Không", "callback_data": "n"}]]
    }
    long = Reply("?", buttons=(Button("a", "Xem dữ liệu của tôi"), Button("b", "Khiếu nại")))
    assert [len(row) for row in (await markup(api, desk, long))["inline_keyboard"]] == [1, 1]
    days = Reply("?", buttons=tuple(Button(str(n), str(n)) for n in range(6)))
    assert [len(row) for row in (await markup(api, desk, days))["inline_keyboard"]] == [4, 2]


@pytest.mark.parametrize(
    ("url", "public"),
    [
        ("https://desk.example.vn/t#abc", True),
        ("http://8.8.8.8/x", True),
        ("http://127.0.0.1:8080/x", False),
        ("http://10.0.0.7/x", False),
        ("http://localhost:8080/x", False),
        ("http://desk.local/x", False),
        ("javascript:alert(1)", False),
        ("http://[bad/x", False),
    ],
)
async def test_a_link_is_a_button_where_telegram_takes_it(
    api: BotApi, desk: Desk, url: str, public: bool
) -> None:
    """Elsewhere it stands in the text."""
    keyboard = await markup(api, desk, Reply("Xem", link=Link("Mở", url)))
    assert ("inline_keyboard" in keyboard) is public
    assert (url in api.sent[-1].params["text"]) is not public


async def test_sharing_the_phone_number_takes_the_whole_keyboard(api: BotApi, desk: Desk) -> None:
    """The choices stand under it as labels that a tap types; a later plain message takes it away."""
    reply = Reply("?", share="Gửi số của tôi", buttons=(Button("e", "Bằng e-mail"),))
    assert await markup(api, desk, reply) == {
        "keyboard": [[{"text": "Gửi số của tôi", "request_contact": True}], [{"text": "Bằng e-mail"}]],
        "one_time_keyboard": True,
        "resize_keyboard": True,
    }
    assert await markup(api, desk, HELLO) == {"remove_keyboard": True}
    assert await markup(api, desk, HELLO, GROUP) is None


async def test_a_long_text_goes_out_in_parts(
    api: BotApi, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In order, each within Telegram's 4096 UTF-16 units, the keyboard under the last."""
    monkeypatch.setattr(outbound, "PART_PAUSE_SECONDS", 0)
    await desk.channel.send(USER, Reply("🎉 Một câu. " * 500, buttons=(Button("a", "A"),)))
    texts = [call.params["text"] for call in api.messages(1001)]
    assert len(texts) == 2
    assert " ".join(texts).split() == ("🎉 Một câu. " * 500).split()
    assert ["reply_markup" in call.params for call in api.messages(1001)] == [False, True]


async def test_a_text_of_which_a_part_is_out_is_not_sent_again(
    api: BotApi, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Later would repeat the first part: it becomes Unsure."""
    monkeypatch.setattr(outbound, "PART_PAUSE_SECONDS", 0)
    original = outbound.keyboard

    def flood_before_last(*args: Any, **more: Any) -> Any:
        api.flood("sendMessage", 3)
        return original(*args, **more)

    monkeypatch.setattr(outbound, "keyboard", flood_before_last)
    with pytest.raises(Unsure):
        await desk.channel.send(USER, Reply("Một câu. " * 700))


def refusal(status: int, description: str, **parameters: Any) -> dict[str, Any]:
    """What the Bot API answers instead of a result."""
    body = {"ok": False, "error_code": status, "description": description}
    return {**body, "parameters": parameters} if parameters else body


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (429, refusal(429, "Too Many Requests: retry after 7", retry_after=7), Later),
        (429, refusal(429, "Too Many Requests"), Later),
        (429, "<html>", Later),
        (403, refusal(403, "Forbidden: bot was blocked by the user"), Blocked),
        (403, refusal(403, "Forbidden: user is deactivated"), Blocked),
        (403, "<html>", Later),
        (400, refusal(400, "Bad Request: chat not found"), Blocked),
        (400, refusal(400, "Bad Request: message text is empty"), Refused),
        (400, refusal(400, "Bad Request: x", migrate_to_chat_id=-100300), Moved),
        (401, refusal(401, "Unauthorized"), Later),
        (404, refusal(404, "Not Found"), Later),
        (409, refusal(409, "Conflict"), Later),
        (500, refusal(500, "Internal Server Error"), Later),
        (502, refusal(502, "Bad Gateway"), Later),
        (500, "<html>", Unsure),
        (502, "<html>", Unsure),
        (504, "<html>", Unsure),
        (503, "<html>", Later),
        (302, "<html>", Later),
        (200, "<html>", Unsure),
        (200, [], Unsure),
        (200, {"ok": True}, Unsure),
        (200, {"ok": True, "result": None}, Unsure),
        (200, {"ok": True, "result": {"message_id": 1, "date": "x"}}, Unsure),
    ],
)
async def test_every_answer_has_its_meaning(
    api: BotApi, desk: Desk, status: int, body: Any, error: type[DeliveryError]
) -> None:
    """What is certain is said; what may have been delivered is Unsure."""
    api.fail_next("sendMessage", status, body)
    with pytest.raises(DeliveryError) as caught:
        await desk.channel.send(USER, HELLO)
    assert type(caught.value) is error
    assert caught.value.__cause__ is None


async def test_telegrams_own_waiting_time_is_handed_on(api: BotApi, desk: Desk) -> None:
    """429 says how long."""
    api.flood("sendMessage", 7)
    with pytest.raises(Later) as caught:
        await desk.channel.send(USER, HELLO)
    assert caught.value.after == 7


async def test_a_group_that_has_moved_tells_where(api: BotApi, desk: Desk) -> None:
    """And a message to the new id arrives."""
    api.moved["-100200"] = -100300
    with pytest.raises(Moved) as caught:
        await desk.channel.send(GROUP, HELLO)
    assert caught.value.to == Address("telegram", "-100300")
    assert await desk.channel.send(caught.value.to, HELLO)


async def test_a_blocked_chat_and_one_that_is_open_again(api: BotApi, desk: Desk) -> None:
    """403 is Blocked; afterwards messages arrive as before."""
    api.blocked.add("1001")
    with pytest.raises(Blocked):
        await desk.channel.send(USER, HELLO)
    api.blocked.clear()
    assert await desk.channel.send(USER, HELLO)


async def test_a_refusal_never_quotes_what_was_sent(api: BotApi, desk: Desk) -> None:
    """Telegram quotes addresses of buttons; they may hold a one-time token."""
    body = refusal(400, "Bad Request: inline keyboard button URL 'https://example.vn/#s3cret' is invalid")
    api.fail_next("sendMessage", 400, body)
    with pytest.raises(Refused) as caught:
        await desk.channel.send(USER, HELLO)
    assert str(caught.value) == "Inline keyboard button url"


async def test_no_connection_is_later(desk: Desk, api: BotApi) -> None:
    """Nothing was written, so nothing was sent."""
    await api.__aexit__()
    with pytest.raises(Later):
        await desk.channel.send(USER, HELLO)


async def test_a_connection_that_breaks_is_unsure(api: BotApi, desk: Desk) -> None:
    """The message was on its way."""
    api.drop_next("sendMessage")
    with pytest.raises(Unsure):
        await desk.channel.send(USER, HELLO)
    assert len(api.messages(1001)) == 1


async def test_no_answer_in_time_is_unsure(api: BotApi, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message may have been delivered."""
    monkeypatch.setattr(transport, "ANSWER_SECONDS", 0.2)
    api.hold("sendMessage", 1)
    with pytest.raises(Unsure):
        await desk.channel.send(USER, HELLO)


async def test_a_wrong_token_is_told_to_the_operator_once(api: BotApi, desk: Desk) -> None:
    """In the log and for readyz, with what to do, until it works again."""
    api.token = "another"
    with capture_logs() as lines:
        for _ in range(3):
            with pytest.raises(Later):
                await desk.channel.send(USER, HELLO)
    assert "TELEGRAM_BOT_TOKEN" in (desk.channel.health() or "")
    assert [line["trouble"] for line in lines] == [desk.channel.health()]
    api.token = TOKEN
    await desk.channel.send(USER, HELLO)
    assert desk.channel.health() is None


async def test_the_token_is_in_no_log_line_and_no_error(
    api: BotApi, desk: Desk, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    """Not even at DEBUG, whatever goes wrong."""
    caplog.set_level(logging.DEBUG)
    api.drop_next("sendMessage")
    for status, body in ((500, "<html>"), (401, refusal(401, "x")), (400, refusal(400, "x")), (200, "no")):
        api.fail_next("sendMessage", status, body)
    seen = [repr(desk.channel)]
    for _ in range(5):
        with pytest.raises(DeliveryError) as caught:
            await desk.channel.send(USER, HELLO)
        seen += [repr(caught.value), str(caught.getrepr(chain=True, style="native"))]
    await api.__aexit__()
    with pytest.raises(Later) as refused:
        await desk.channel.send(USER, HELLO)
    seen.append(str(refused.getrepr(chain=True, style="native")))
    everything = "\n".join([*seen, caplog.text, *capsys.readouterr()])
    assert TOKEN.partition(":")[2] not in everything
    assert "Chào quý khách" not in caplog.text


async def read(desk: Desk, handle: str) -> bytes:
    """The bytes of a file."""
    file = FileRef(handle, "x", "image/jpeg")
    return b"".join([piece async for piece in desk.channel.fetch(file)])


async def test_a_file_comes_in_pieces(api: BotApi, desk: Desk) -> None:
    """As it was sent."""
    content = bytes(range(256)) * 1000
    api.files["F"] = content
    assert await read(desk, "F") == content


async def test_a_file_that_has_died_is_gone(api: BotApi, desk: Desk) -> None:
    """Whether getFile or the download says so."""
    api.files["F"] = None
    with pytest.raises(Gone):
        await read(desk, "F")
    api.files["F"] = b"x"
    api.fail_next("download", 404, "")
    with pytest.raises(Gone):
        await read(desk, "F")


async def test_a_file_that_is_too_large(api: BotApi, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Telegram hands over 20 MB at most, and no more is read whatever it sends."""
    api.files["F"] = b"x" * (20 * 1024 * 1024 + 1)
    with pytest.raises(TooBig):
        await read(desk, "F")
    api.files["F"] = b"x" * 2000
    monkeypatch.setattr("chatbot.channels.telegram.LARGEST_FILE", 1000)
    with pytest.raises(TooBig):
        await read(desk, "F")


async def test_a_fault_while_fetching_is_later(api: BotApi, desk: Desk) -> None:
    """The file may well be there: it is tried again."""
    api.files["F"] = b"x"
    api.fail_next("getFile", 500, refusal(500, "Internal Server Error"))
    api.fail_next("download", 500, "")
    for _ in range(2):
        with pytest.raises(Later):
            await read(desk, "F")
    assert await read(desk, "F") == b"x"
