"""The channel against a Bot API server that nobody here wrote, in both modes."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from chatbot.channels import Gone
from chatbot.messages import Address, Button, Contact, FileRef, Link, Reply
from tests.channels.telegram_desk import Desk
from tests.channels.telegram_emulator import Emulator

USER = Address("telegram", "1001")


@pytest.fixture
async def emulator() -> AsyncIterator[Emulator]:
    """The emulator, fresh."""
    async with Emulator() as emulator:
        yield emulator


@pytest.fixture(params=["webhook", "polling"])
async def desk(request: pytest.FixtureRequest, emulator: Emulator) -> AsyncIterator[Desk]:
    """A channel that has started to receive, in each mode."""
    async with Desk(emulator.url, request.param) as desk:
        await desk.channel.start()
        await emulator.wait_for("setWebhook" if request.param == "webhook" else "deleteWebhook")
        yield desk


async def test_starting_is_accepted(desk: Desk, emulator: Emulator) -> None:
    """The emulator finds no fault with how the channel introduces itself."""
    await emulator.wait_for("setMyCommands", 3)
    assert {status for _, status, _ in emulator.seen} == {200}
    assert desk.channel.health() is None


async def test_a_conversation(desk: Desk, emulator: Emulator) -> None:
    """A command, an answer with buttons, a press on one, a contact, a photograph."""
    await emulator.text(1001, "/start@PartyshopTestBot abc")
    started = await desk.wait_for(1)
    assert (started.text, started.address, started.language) == ("/start abc", USER, "vi")
    choices = (Button("c1", "Xem dữ liệu"), Button("c2", "Gửi khiếu nại"))
    sent = await desk.channel.send(started.address, Reply("Chào quý khách", buttons=choices))
    await emulator.press(1001, "c2", int(sent or 0))
    assert (await desk.wait_for(2)).press == "c2"
    await emulator.wait_for("answerCallbackQuery")
    assert (await emulator.wait_for("editMessageReplyMarkup"))[0][0] == 200
    card = {"phone_number": "84900000001", "first_name": "A", "user_id": 1001}
    await emulator.message(1001, contact=card)
    assert (await desk.wait_for(3)).contact == Contact("+84900000001", own=True)
    photo = {"file_id": "F", "file_unique_id": "U", "width": 9, "height": 9, "file_size": 3}
    await emulator.message(1001, photo=[photo], media_group_id="9", caption="bằng chứng")
    proof = await desk.wait_for(4)
    assert (proof.files, proof.group, proof.text) == (
        (FileRef("F", "photo.jpg", "image/jpeg", 3),),
        "9",
        "bằng chứng",
    )
    assert len({message.delivery for message in desk.received}) == 4


async def test_a_message_that_was_not_stored_comes_again(desk: Desk, emulator: Emulator) -> None:
    """With the same delivery, and before the next."""
    desk.busy = 1
    await emulator.text(1001, "một")
    await emulator.text(1001, "hai")
    await desk.wait_until(lambda: desk.refused == 1)
    await emulator.redeliver()
    await desk.wait_for(2)
    assert [message.text for message in desk.received] == ["một", "hai"]


@pytest.mark.parametrize(
    "reply",
    [
        Reply("Chào"),
        Reply("?", buttons=tuple(Button("t" * 64, f"Lựa chọn số {n}") for n in range(20))),
        Reply("?", link=Link("Mở trang", "https://desk.example.vn/x#y")),
        Reply("?", buttons=(Button("a", "A"),), link=Link("Mở", "http://127.0.0.1:8080/x")),
        Reply("?", share="Gửi số điện thoại của tôi", buttons=(Button("a", "Bằng e-mail"),)),
    ],
    ids=["text", "many buttons", "link", "link at home", "share"],
)
async def test_every_kind_of_reply_is_accepted(desk: Desk, emulator: Emulator, reply: Reply) -> None:
    """The emulator checks keyboards as Telegram does."""
    assert await desk.channel.send(USER, reply)
    assert (await emulator.wait_for("sendMessage"))[0][0] == 200


async def test_a_text_of_exactly_the_limit_and_one_over_it(desk: Desk, emulator: Emulator) -> None:
    """4096 UTF-16 units go as one message, 4097 as two."""
    await desk.channel.send(USER, Reply("🎉" * 2048))
    await desk.channel.send(USER, Reply("🎉" * 2048 + "!"))
    assert [status for status, _ in await emulator.wait_for("sendMessage", 3)] == [200, 200, 200]


async def test_a_file_and_one_that_nobody_knows(desk: Desk, emulator: Emulator) -> None:
    """The bytes come by getFile and a download."""
    emulator.emulator.assets["known"] = {"data": b"content"}
    pieces = [piece async for piece in desk.channel.fetch(FileRef("known", "x", "image/jpeg"))]
    assert b"".join(pieces) == b"content"
    with pytest.raises(Gone):
        _ = [piece async for piece in desk.channel.fetch(FileRef("unknown", "x", "image/jpeg"))]
