"""Long polling against a stand-in that keeps what is not confirmed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from chatbot.channels.telegram import polling
from chatbot.channels.telegram.polling import LONGEST_PAUSE_SECONDS, pause
from chatbot.channels.telegram.transport import NotDone
from chatbot.messages import Inbound
from tests.bot_api import TOKEN, BotApi
from tests.channels.telegram_desk import STAFF_CHAT, Desk, clock
from tests.telegram_updates import text_update


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seconds of waiting become hundredths."""
    monkeypatch.setattr(polling, "pause", lambda attempt, error=None: 0.01 * (attempt + 1))
    monkeypatch.setattr("chatbot.channels.telegram.pause", lambda attempt, error=None: 0.01 * (attempt + 1))


@pytest.fixture
async def api() -> AsyncIterator[BotApi]:
    """A Bot API server of our own."""
    async with BotApi() as api:
        yield api


@pytest.fixture
def logs() -> Iterator[list[Any]]:
    """What is logged meanwhile."""
    with capture_logs() as lines:
        yield lines


def texts(desk: Desk) -> list[str | None]:
    """What has been stored, in order."""
    return [message.text for message in desk.received]


async def test_messages_come_in_order_and_are_confirmed(api: BotApi) -> None:
    """Each once, and none is left at Telegram."""
    async with Desk(api.url, "polling") as desk:
        await desk.channel.start()
        for text in ("một", "hai", "ba"):
            await api.push_text(1001, text)
        await desk.wait_for(3)
        await api.wait_until(lambda: api.waiting == 0)
        assert texts(desk) == ["một", "hai", "ba"]
        assert desk.channel.health() is None


async def test_a_message_is_confirmed_only_after_it_has_been_stored(api: BotApi) -> None:
    """While ``receive`` has not returned, the offset stands."""
    stored = asyncio.Event()

    async def slow(_: Inbound) -> None:
        await stored.wait()

    async with Desk(api.url, "polling", at_receive=slow) as desk:
        await api.push_text(1001, "một")
        await desk.channel.start()
        await api.wait_until(lambda: api.polls == 1)
        await asyncio.sleep(0.1)
        assert (api.waiting, api.polls) == (1, 1)
        stored.set()
        await api.wait_until(lambda: api.waiting == 0)
        assert texts(desk) == ["một"]


async def test_busy_leaves_the_message_at_telegram(api: BotApi) -> None:
    """It comes again, before what was sent after it, and nothing twice."""
    async with Desk(api.url, "polling", busy=3) as desk:
        for text in ("một", "hai"):
            await api.push_text(1001, text)
        await desk.channel.start()
        await desk.wait_for(2)
        await api.wait_until(lambda: api.waiting == 0)
        assert (texts(desk), desk.refused) == (["một", "hai"], 3)
        assert desk.channel.health() is None


async def test_a_process_that_dies_before_confirming_gets_the_message_again(api: BotApi) -> None:
    """With the same delivery, by which the engine knows it."""
    hang = asyncio.Event()

    async def never(_: Inbound) -> None:
        await hang.wait()

    await api.push_text(1001, "một")
    async with Desk(api.url, "polling", at_receive=never) as first:
        await first.channel.start()
        await api.wait_until(lambda: api.polls == 1)
        await asyncio.sleep(0.05)
    assert api.waiting == 1
    async with Desk(api.url, "polling") as second:
        await second.channel.start()
        assert (await second.wait_for(1)).text == "một"


async def test_one_malformed_update_does_not_hold_up_the_others(api: BotApi, logs: list[Any]) -> None:
    """It is skipped with a line in the log that quotes none of it."""
    await api.push_text(1001, "một")
    await api.push({"callback_query": {"id": "0900000001", "data": "x"}})
    await api.push({"message": "0900000001"})
    await api.push_raw("0900000001")
    await api.push_text(1001, "hai")
    async with Desk(api.url, "polling") as desk:
        await desk.channel.start()
        await desk.wait_for(2)
        await api.wait_until(lambda: api.waiting == 0)
        assert texts(desk) == ["một", "hai"]
    assert [line["event"] for line in logs].count("telegram_update_skipped") == 3
    assert "0900000001" not in str(logs)


async def test_a_lower_number_after_a_quiet_week_is_not_lost(api: BotApi) -> None:
    """After a week without updates Telegram may number anew: an old offset would throw them away."""
    async with Desk(api.url, "polling") as desk:
        await desk.channel.start()
        await api.push({"update_id": 900_000, **text_update(1001, "cũ")})
        await desk.wait_for(1)
        await api.wait_until(lambda: api.waiting == 0)
        monday = {"update_id": 17, **text_update(1001, "mới")}
        # The poll that confirmed the old one is still open; the next one asks without an offset.
        polls = api.polls
        await api.release_poll()
        await api.wait_until(lambda: api.polls > polls)
        await api.push_raw(monday)
        assert (await desk.wait_for(2)).text == "mới"


async def test_trouble_is_told_once_with_what_to_do_and_ends(api: BotApi, logs: list[Any]) -> None:
    """A wrong token, a second program, a server that is down: one line each, then it goes on."""
    api.token = "another"
    async with Desk(api.url, "polling") as desk:
        await desk.channel.start()
        await api.wait_for("getMe", 3)
        assert "@BotFather" in (desk.channel.health() or "")
        api.fail_next("getUpdates", 409, {"ok": False, "error_code": 409, "description": "Conflict"}, times=3)
        api.fail_next("getUpdates", 500, "<html>", times=3)
        api.token = TOKEN
        await api.push_text(1001, "một")
        await desk.wait_for(1)
        await api.wait_until(lambda: api.waiting == 0)
        assert desk.channel.health() is None
    troubles = [line["trouble"] for line in logs if line["event"] == "telegram_trouble"]
    assert len(troubles) == 3
    assert "@BotFather" in troubles[0]
    assert "another program" in troubles[1]
    assert "TELEGRAM_API_URL" in troubles[2]
    assert TOKEN not in str(logs)


async def test_a_webhook_that_was_set_is_taken_away(api: BotApi) -> None:
    """Telegram hands out updates one way only."""
    async with Desk(api.url, "webhook") as first:
        await first.channel.start()
        await api.wait_for("setWebhook")
    async with Desk(api.url, "polling") as desk:
        await desk.channel.start()
        await api.push_text(1001, "một")
        assert (await desk.wait_for(1)).text == "một"


async def test_starting_registers_commands_in_each_language_and_a_default(api: BotApi) -> None:
    """For private chats, and others for the staff's group; Vietnamese serves every other language."""
    async with Desk(api.url, "polling") as desk:
        await desk.channel.start()
        await api.wait_for("setMyCommands", 6)
    seen = [
        (call.params.get("language_code"), call.params["scope"], call.params["commands"][0]["description"])
        for call in api.calls("setMyCommands")
    ]
    scope, group = {"type": "all_private_chats"}, {"type": "chat", "chat_id": int(STAFF_CHAT)}
    assert seen == [
        (None, scope, "Xem các lựa chọn"),
        ("vi", scope, "Xem các lựa chọn"),
        ("en", scope, "See the choices"),
        (None, group, "Việc đang mở"),
        ("vi", group, "Việc đang mở"),
        ("en", group, "Open complaints"),
    ]


async def test_commands_that_cannot_be_registered_stop_nothing(api: BotApi) -> None:
    """The menu button is missing, no more."""
    api.fail_next("setMyCommands", 400, {"ok": False, "description": "Bad Request: BOT_COMMAND_INVALID"}, 6)
    async with Desk(api.url, "polling") as desk:
        await desk.channel.start()
        await api.push_text(1001, "một")
        assert (await desk.wait_for(1)).text == "một"


async def test_the_webhook_is_set_with_its_secret(api: BotApi) -> None:
    """With the kinds of update that we read; updates that waited are not thrown away."""
    await api.push_text(1001, "đợi")
    async with Desk(api.url, "webhook") as desk:
        await desk.channel.start()
        assert (await desk.wait_for(1)).text == "đợi"
        params = (await api.wait_for("setWebhook")).params
        assert params == {
            "url": f"{desk.url}/telegram",
            "secret_token": "a-secret-for-tests_0123456789",
            "allowed_updates": ["message", "edited_message", "callback_query", "my_chat_member"],
            "max_connections": 20,
        }


@pytest.mark.parametrize("mode", ["webhook", "polling"])
async def test_a_tapped_button_stops_spinning_and_its_keyboard_goes(api: BotApi, mode: Any) -> None:
    """Both only after the press has been stored, and their failing harms nothing."""
    api.fail_next("answerCallbackQuery", 400, {"ok": False, "description": "Bad Request: query is too old"})
    async with Desk(api.url, mode, busy=1) as desk:
        await desk.channel.start()
        await api.wait_for("setMyCommands", 3)
        await api.push_press(1001, "tok", message_id=42)
        if mode == "webhook":
            await api.wait_for("setWebhook")
            await api.wait_until(lambda: 503 in api.statuses)
            await api.deliver()
        press = await desk.wait_for(1)
        taken = await api.wait_for("editMessageReplyMarkup")
    assert press.press == "tok"
    assert abs(press.at - clock()) < timedelta(seconds=10)
    assert api.calls("answerCallbackQuery")[0].params == {"callback_query_id": "q1000"}
    assert taken.params == {"chat_id": "1001", "message_id": 42}
    assert desk.refused == 1


def test_pauses_grow_with_jitter_and_heed_telegram() -> None:
    """Never more than a minute, unless Telegram names its own time."""
    assert all(0.25 <= pause(0) <= 0.5 for _ in range(50))
    assert all(LONGEST_PAUSE_SECONDS / 2 <= pause(99) <= LONGEST_PAUSE_SECONDS for _ in range(50))
    assert pause(0, NotDone("flood", 90)) == 90
