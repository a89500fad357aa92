"""Nothing personal and no secret turns up in the clear, whatever happens in a whole run."""

from __future__ import annotations

import asyncio

import pytest
from aiohttp import ClientSession, FormData

from chatbot.pages.onetime import HEADER
from tests.bot_api import SECRET_HEADER
from tests.e2e.canary import (
    BIRTHDAY,
    BROKEN_CHAT,
    BROKEN_PHONE,
    CHAT,
    DATABASE_PASSWORD,
    MARK,
    NETWORK,
    OTHER_CHAT,
    PHONE,
    leaks,
    stored,
)
from tests.e2e.outside import Gateway, Telegram
from tests.e2e.program import PUBLIC, SECRET, Program, soon
from tests.e2e.store import query
from tests.e2e.visitor import Visitor

EMAIL = f"{MARK}.mai@example.com"
HEADERS = f"full_name,phone,email,address,birthday,note,external_id,{MARK}column\n"
FILES = {
    "good.csv": HEADERS + f"{MARK} Hỏng,{BROKEN_PHONE},,,,,,\n"
    f"{MARK} Quỳnh Mai,{PHONE},{EMAIL},77 Hẻm {MARK},{BIRTHDAY},{MARK} thích tím,{MARK}-9,{MARK} cột\n"
    f"{MARK} Từ Chối,{MARK},không phải e-mail {MARK},,{BIRTHDAY}x,,,\n",
    "bad.csv": f"<html>{MARK}</html>",
}


@pytest.mark.parametrize("module", ["tests.e2e.unpaced"])
async def test_no_secret_is_found_anywhere(program: Program, telegram: Telegram, gateway: Gateway) -> None:
    """Not in a log line of either format, a metric, a probe, a table, a file, nor a word to staff."""
    where = program.settings["DATABASE_URL"]
    program.settings["DATABASE_URL"] = where.replace("postgres@", f"postgres:{DATABASE_PASSWORD}@")
    program.settings["TRUSTED_PROXY"] = "127.0.0.1"
    tokens: list[str] = []

    await start(program, telegram)
    await asyncio.gather(bring_in(program, "good.csv"), bring_in(program, "bad.csv"))
    spoilt = "(SELECT wrapped FROM subject_key LIMIT 1)"
    await query(where, f"UPDATE customer SET profile = {spoilt} WHERE external_index IS NULL")
    async with asyncio.TaskGroup() as customers:
        customers.create_task(a_customer_on_telegram(program, telegram, gateway, tokens))
        customers.create_task(a_customer_on_the_web(program, gateway, tokens))
        customers.create_task(a_customer_whose_record_is_broken(telegram))
    pages = await strangers(program)
    telegram.hold("sendMessage", 0.3)
    await telegram.push_text(CHAT, f"/menu {MARK}")
    await program.kill()

    program.settings["LOG_FORMAT"] = "json"
    await start(program, telegram)
    async with asyncio.TaskGroup() as customers:
        customers.create_task(a_customer_on_the_web(program, gateway, tokens))
        customers.create_task(trouble_outside(telegram, gateway))
    pages |= await strangers(program)
    assert await program.terminate() == 0

    assert len(tokens) == 4
    codes = [sent.code for sent in [*gateway.sent, *gateway.refused] if sent.code]
    assert len(codes) == 5
    staff = "\n".join(sent.text for sent in gateway.sent if sent.to == "staff@example.vn")
    assert "Khách đang chờ gặp nhân viên" in staff
    assert "a step failed" in program.said
    kept = await stored(where, program.folder)
    assert any(name.endswith(".sealed") for name in kept)
    places = {"log": program.said.encode(), "staff": staff.encode(), **pages, **kept}
    assert leaks(places, codes, tokens) == []


async def start(program: Program, telegram: Telegram) -> None:
    """Open the desk, and let Telegram find it."""
    await program.start()
    telegram.desk = program.url


async def bring_in(program: Program, name: str) -> None:
    """Import a file, which is in no folder of the desk's own."""
    file = program.folder.parent / f"{program.folder.name}-{name}"
    file.write_text(FILES[name], "utf-8")
    await program.run("import", file)
    file.unlink()


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


async def strangers(program: Program) -> dict[str, bytes]:
    """Requests that make no sense, full of what must not be logged; and what the operator's pages show."""
    bad = [
        f'{{"update_id": 1, "message": {{"text": "{MARK} {PHONE}"'.encode(),
        f'{{"update_id": "{MARK}"}}'.encode(),
        f"{MARK}\ud800".encode("utf-16", "surrogatepass"),
    ]
    headers = {SECRET_HEADER: SECRET, "Content-Type": "application/json", "X-Forwarded-For": NETWORK}
    pages = {}
    async with ClientSession() as session:
        for body in bad:
            async with session.post(f"{program.url}/telegram", data=body, headers=headers) as answer:
                assert answer.status == 400
        for path in (f"/{MARK}?phone={PHONE}", f"/my?token={MARK}", f"/chat/files/{MARK}"):
            async with session.get(f"{program.url}{path}", headers={"X-Forwarded-For": NETWORK}) as answer:
                assert answer.status < 500
        form = FormData(quote_fields=False)
        form.add_field("file", b"", filename=f'{MARK}".jpg\u2028', content_type=f"image/{MARK}")
        async with session.post(f"{program.url}/chat/files", data=form, headers={"Origin": PUBLIC}) as answer:
            assert 400 <= answer.status < 500
        for path in ("/metrics", "/readyz", "/healthz"):
            async with session.get(f"{program.url}{path}") as answer:
                pages[f"{program.url}{path}"] = await answer.read()
    return pages
