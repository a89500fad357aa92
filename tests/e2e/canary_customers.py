"""Customers whose every word is a secret, and what goes wrong outside while they write."""

from __future__ import annotations

from aiohttp import ClientSession

from chatbot.pages.onetime import HEADER
from tests.e2e.canary import (
    BROKEN_CHAT,
    BROKEN_PHONE,
    CHAT,
    CITIZEN_ID,
    COMPLAINT_CHAT,
    COMPLAINT_PHONE,
    EMAIL,
    MARK,
    NETWORK,
    OTHER_CHAT,
    PHONE,
)
from tests.e2e.outside import Gateway, Telegram
from tests.e2e.program import PUBLIC, Program, soon
from tests.e2e.visitor import Visitor


async def a_customer_on_telegram(
    program: Program, telegram: Telegram, gateway: Gateway, tokens: list[str]
) -> None:
    """A wrong code, the right one, the link, a copy to take along, and a story for staff."""
    await telegram.push_text(CHAT, "/xemdulieu")
    await telegram.push_text(CHAT, "Mã gửi tới điện thoại")
    await telegram.push_text(CHAT, PHONE)
    code = await gateway.code_to(f"+84{PHONE[1:]}")
    await telegram.push_text(CHAT, f"{(int(code) + 1) % 1_000_000:06d}")
    await telegram.push_text(CHAT, code)
    await telegram.hears(CHAT, "liên kết dùng một lần")
    (url,) = [
        button["url"]
        for call in telegram.messages(CHAT)
        for row in (call.params.get("reply_markup") or {}).get("inline_keyboard", ())
        for button in row
        if "url" in button
    ]
    tokens.append(url.partition("#")[2])
    headers = {"Origin": PUBLIC, HEADER: "1", "X-Forwarded-For": NETWORK}
    async with ClientSession(headers=headers) as session:
        for status in (200, 410):
            async with session.post(f"{program.url}/my", json={"token": tokens[-1]}) as answer:
                assert answer.status == status
    await telegram.push_text(CHAT, "/taidulieu")
    await telegram.hears(CHAT, "đã sẵn sàng")
    [[button]] = telegram.messages(CHAT)[-1].params["reply_markup"]["inline_keyboard"]
    tokens.append(button["url"].partition("#")[2])
    asked = {"token": tokens[-1], "browser": "b" * 64}
    async with (
        ClientSession(headers=headers | {HEADER: "1"}) as session,
        session.post(f"{program.url}/copy", json=asked) as answer,
    ):
        assert (await answer.read()).startswith(b"PK")
    await telegram.push_text(CHAT, "/nhanvien")
    await telegram.push_text(CHAT, f"Số {PHONE} của {MARK} bị lộ, mã là {code}")
    await telegram.push_document(CHAT, f"{MARK}.pdf", "application/pdf", MARK.encode())
    await telegram.hears(CHAT, "Chúng tôi đã lưu", times=2)


async def a_customer_on_the_web(program: Program, gateway: Gateway, tokens: list[str]) -> None:
    """A code by e-mail, the data, and a file for staff."""
    earlier = len(gateway.codes(EMAIL))
    async with Visitor(program.url, **{"X-Forwarded-For": NETWORK}) as visitor:
        tokens.append(visitor.cookie)
        tab = await visitor.tab()
        for words, heard in [
            ("dữ liệu của tôi", "xác minh bằng cách nào"),
            ("Mã gửi tới e-mail", "địa chỉ e-mail của mình"),
            (EMAIL, "Mã xác minh đã được gửi"),
        ]:
            await tab.say(words)
            await visitor.hears(tab, heard)
        await tab.say(await gateway.code_to(EMAIL, earlier + 1))
        await visitor.hears(tab, f"77 Hẻm {MARK}")
        await tab.say("nhân viên")
        await visitor.hears(tab, "trao đổi về việc gì")
        file = await visitor.upload(f"{MARK} là bằng chứng".encode() * 100, f"{MARK}.jpg")
        await tab.write(type="message", id="0190a000-0000-7000-8000-000000000001", files=[file["id"]])
        await visitor.hears(tab, "Chúng tôi đã lưu")


async def a_customer_who_uses_every_right(telegram: Telegram) -> None:
    """A correction, a no to all messages, a complaint with a citizen's id, proof and a second contact, and
    the wish to be erased."""
    for says, hears in [
        ("/suadulieu", "xác minh bằng cách nào"),
        ("Chia sẻ số điện thoại", "bấm nút bên dưới"),
    ]:
        await telegram.push_text(COMPLAINT_CHAT, says)
        await telegram.hears(COMPLAINT_CHAT, hears)
    await telegram.push_contact(COMPLAINT_CHAT, f"84{COMPLAINT_PHONE[1:]}")
    for says in ("Địa chỉ", f"9 Ngõ {MARK}, Hà Nội", "Lưu", "/tuychon", "Không nhận tin nào nữa"):
        await telegram.push_text(COMPLAINT_CHAT, says)
    for says in (
        "/khieunai",
        "Chuyển cho người khác hoặc bị lộ",
        f"CCCD {CITIZEN_ID} của {MARK}, số {COMPLAINT_PHONE}, bị đưa lên mạng",
        f"hôm {MARK}",
    ):
        await telegram.push_text(COMPLAINT_CHAT, says)
    await telegram.hears(COMPLAINT_CHAT, "tài liệu chứng minh")
    proof = b"%PDF-1.7 " + MARK.encode()
    await telegram.push_document(COMPLAINT_CHAT, f"{MARK}.pdf", "application/pdf", proof)
    for says in (
        "Tiếp tục",
        "Lời xin lỗi từ cửa hàng",
        "Không",
        "Không muốn trả lời",
        f"{MARK}.second@example.com",
        "Gửi khiếu nại",
    ):
        await telegram.push_text(COMPLAINT_CHAT, says)
    await telegram.hears(COMPLAINT_CHAT, "KN-")
    for says in ("/xoadulieu", "XOÁ DỮ LIỆU"):
        await telegram.push_text(COMPLAINT_CHAT, says)
    await telegram.hears(COMPLAINT_CHAT, "Chúng tôi đã nhận yêu cầu xoá")


async def a_customer_whose_record_is_broken(telegram: Telegram) -> None:
    """The step that shows the record fails; an apology comes."""
    await telegram.push_text(BROKEN_CHAT, "/xemdulieu")
    await telegram.push_text(BROKEN_CHAT, "Chia sẻ số điện thoại")
    await telegram.push_contact(BROKEN_CHAT, f"84{BROKEN_PHONE[1:]}")
    await telegram.hears(BROKEN_CHAT, "đã có lỗi từ phía chúng tôi")


async def trouble_outside(telegram: Telegram, gateway: Gateway) -> None:
    """Telegram and the gateway refuse, and repeat what they were given."""
    refusal = {"ok": False, "error_code": 400, "description": f"Bad Request: {OTHER_CHAT} {MARK} {PHONE}"}
    telegram.fail_next("sendMessage", 400, refusal)
    telegram.fail_next("sendMessage", 502, f"<html>{MARK}</html>")
    gateway.refusals = [500, 400]
    await telegram.push_text(OTHER_CHAT, "/xacminh")
    for _ in range(2):
        await telegram.push_text(OTHER_CHAT, "Mã gửi tới điện thoại")
        await telegram.push_text(OTHER_CHAT, PHONE)
        await telegram.push_text(OTHER_CHAT, "Cách khác")
    await telegram.wait_until(lambda: len(telegram.messages(OTHER_CHAT)) >= 3)
    await soon(lambda: len(gateway.refused) == 2)
