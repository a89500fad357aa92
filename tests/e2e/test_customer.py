"""A customer's way through the real program, on both databases and by every way in."""

from __future__ import annotations

import asyncio
import io
import json
import re
import zipfile
from pathlib import Path

import pytest
from aiohttp import ClientSession

from chatbot.pages.onetime import HEADER
from tests.e2e.outside import Gateway, Telegram
from tests.e2e.program import PUBLIC, Program
from tests.e2e.visitor import Visitor

SAMPLE = Path(__file__).parents[1] / "data" / "customers_sample.csv"


@pytest.mark.parametrize(
    ("database_url", "mode"), [("sqlite", "webhook"), ("postgres", "polling")], indirect=["database_url"]
)
async def test_customers_see_their_data(desk: Program, telegram: Telegram, gateway: Gateway) -> None:
    """The list comes in while the desk is open; every way of proving, on each channel, leads to the data."""
    code, out, err = await desk.run("import", SAMPLE)
    assert (code, err) == (0, "")
    assert "60 taken" in out
    async with asyncio.TaskGroup() as customers:
        customers.create_task(by_shared_contact(desk, telegram))
        customers.create_task(by_code_on_telegram(desk, telegram, gateway))
        customers.create_task(by_text_message_on_the_web(desk, gateway))
        customers.create_task(by_email_on_the_web(desk, gateway))
    assert desk.problems == []


async def by_shared_contact(desk: Program, telegram: Telegram) -> None:
    """The number that Telegram itself vouches for; one that is typed proves nothing."""
    me = 1001
    await telegram.push_text(me, "/xemdulieu")
    await telegram.hears(me, "xác minh bằng cách nào")
    await telegram.press_label(me, "Chia sẻ số điện thoại")
    await telegram.hears(me, "bấm nút bên dưới")
    await telegram.push_text(me, "0900000001")
    await telegram.hears(me, "bấm nút bên dưới", times=2)
    assert "Đã xác minh" not in telegram.words(me)
    await telegram.push_contact(me, "84900000001")
    await telegram.hears(me, "Đã xác minh 090••••001.")
    assert "• Họ tên: N••••• T•• T•• H•\n" in telegram.words(me)
    await opens_the_link_once(desk, telegram, me, "12/4 Đường Hoa Giấy")
    await takes_a_copy_along(desk, telegram, me, "12/4 Đường Hoa Giấy")


async def by_code_on_telegram(desk: Program, telegram: Telegram, gateway: Gateway) -> None:
    """A text message to the number on file; the free text that began it is not forgotten."""
    me = 1002
    await telegram.push_text(me, "cho tôi xem dữ liệu của tôi")
    await telegram.hears(me, "xác minh bằng cách nào")
    await telegram.press_label(me, "Mã gửi tới điện thoại")
    await telegram.hears(me, "số điện thoại đã dùng khi mua hàng")
    await telegram.push_text(me, "091 000 0002")
    await telegram.push_text(me, await gateway.code_to("+84910000002"))
    await telegram.hears(me, "Đã xác minh 091••••002.")
    await opens_the_link_once(desk, telegram, me, "45 Ngõ Trúc Xanh")


async def opens_the_link_once(desk: Program, telegram: Telegram, user: int, address: str) -> None:
    """The chat shows no more than masked values; the page behind the link shows all of them, once."""
    await telegram.hears(user, "liên kết dùng một lần")
    assert address not in telegram.words(user)
    markup = telegram.messages(user)[-1].params["reply_markup"]
    (url,) = [button["url"] for row in markup["inline_keyboard"] for button in row if "url" in button]
    page, _, token = url.partition("#")
    assert page.partition("?")[0] == f"{PUBLIC}/my"
    headers = {"Origin": PUBLIC, HEADER: "1"}
    async with ClientSession() as session:
        for _ in range(2):  # looking at the page, as preview robots do, spends nothing
            async with session.get(f"{desk.url}/my") as answer:
                assert answer.status == 200
                assert address not in await answer.text()
        async with session.post(f"{desk.url}/my", json={"token": token}, headers=headers) as answer:
            assert answer.status == 200
            assert address in str(await answer.json())
        async with session.post(f"{desk.url}/my", json={"token": token}, headers=headers) as answer:
            assert answer.status == 410


async def takes_a_copy_along(desk: Program, telegram: Telegram, user: int, address: str) -> None:
    """It is made in the background; the chat gets a link, and the link's page the file."""
    await telegram.push_text(user, "cho tôi tải dữ liệu của tôi về")
    await telegram.hears(user, "đang chuẩn bị bản sao")
    await telegram.hears(user, "đã sẵn sàng")
    [[button]] = telegram.messages(user)[-1].params["reply_markup"]["inline_keyboard"]
    page, _, token = button["url"].partition("#")
    assert page.partition("?")[0] == f"{PUBLIC}/copy"
    headers = {"Origin": PUBLIC, HEADER: "1"}
    asked = {"token": token, "browser": "b" * 64}
    async with (
        ClientSession(headers=headers) as session,
        session.post(f"{desk.url}/copy", json=asked) as answer,
    ):
        assert answer.status == 200
        archive = zipfile.ZipFile(io.BytesIO(await answer.read()))
    assert json.loads(archive.read("data.json"))["record"]["address"].startswith(address)


async def by_text_message_on_the_web(desk: Program, gateway: Gateway) -> None:
    """Our own server may show everything; a line that is cut in between loses nothing."""
    async with Visitor(desk.url) as visitor:
        tab = await visitor.tab()
        await tab.say("/dulieu")
        await visitor.hears(tab, "xác minh bằng cách nào")
        await tab.say("Mã gửi tới điện thoại")
        await visitor.hears(tab, "đã dùng khi mua hàng")
        await tab.say("093.000.0003")
        await visitor.hears(tab, "gửi tới 0930000003")
        await tab.socket.close()
        tab = await visitor.tab()
        await tab.say(await gateway.code_to("+84930000003"))
        await visitor.hears(tab, "• Địa chỉ: 7 Kiệt 120 Đường Hạ Vàng, Huế")
        assert visitor.words.count("Đã xác minh 0930000003.") == 1


async def by_email_on_the_web(desk: Program, gateway: Gateway) -> None:
    """A wrong code first; then the right one, which is good for one use only."""
    async with Visitor(desk.url) as visitor:
        tab = await visitor.tab()
        for said, heard in [
            ("Xác minh", "xác minh bằng cách nào"),
            ("ma gui toi e-mail", "địa chỉ e-mail của mình"),
            ("QuocViet.Pham@example.com", "Mã xác minh đã được gửi"),
        ]:
            await tab.say(said)
            await visitor.hears(tab, heard)
        code = await gateway.code_to("quocviet.pham@example.com")
        wrong = f"{(int(code) + 1) % 1_000_000:06d}"
        await tab.say(wrong)
        await visitor.hears(tab, "Quý khách còn 4 lần thử")
        await tab.say(code)
        await visitor.hears(tab, "Đã xác minh")
        await tab.say("dữ liệu của tôi")
        await visitor.hears(tab, "88 Đường Cây Phượng")
        await tab.say("thoát")
        await visitor.hears(tab, "kết thúc")
        assert not re.search(code, visitor.words)
