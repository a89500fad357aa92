"""Nothing personal and no secret turns up in the clear, whatever happens in a whole run."""

from __future__ import annotations

import asyncio

import pytest
from aiohttp import ClientSession, FormData

from tests.bot_api import SECRET_HEADER
from tests.e2e.canary import (
    BIRTHDAY,
    BROKEN_PHONE,
    CHAT,
    COMPLAINT_PHONE,
    DATABASE_PASSWORD,
    EMAIL,
    GROUP,
    MARK,
    NETWORK,
    PHONE,
    leaks,
    stored,
)
from tests.e2e.canary_customers import (
    a_customer_on_telegram,
    a_customer_on_the_web,
    a_customer_who_uses_every_right,
    a_customer_whose_record_is_broken,
    trouble_outside,
)
from tests.e2e.outside import Gateway, Telegram
from tests.e2e.program import PUBLIC, SECRET, Program
from tests.e2e.store import query

HEADERS = f"full_name,phone,email,address,birthday,note,external_id,{MARK}column\n"
FILES = {
    "good.csv": HEADERS + f"{MARK} Hỏng,{BROKEN_PHONE},,,,,,\n"
    f"{MARK} Quỳnh Mai,{PHONE},{EMAIL},77 Hẻm {MARK},{BIRTHDAY},{MARK} thích tím,{MARK}-9,{MARK} cột\n"
    f"{MARK} Bích Đào,{COMPLAINT_PHONE},,,,,{MARK}-10,\n"
    f"{MARK} Từ Chối,{MARK},không phải e-mail {MARK},,{BIRTHDAY}x,,,\n",
    "bad.csv": f"<html>{MARK}</html>",
}


@pytest.mark.parametrize("module", ["tests.e2e.unpaced"])
async def test_no_secret_is_found_anywhere(program: Program, telegram: Telegram, gateway: Gateway) -> None:
    """Not in a log line of either format, a metric, a probe, a table, a file, nor a word to staff."""
    where = program.settings["DATABASE_URL"]
    program.settings["DATABASE_URL"] = where.replace("postgres@", f"postgres:{DATABASE_PASSWORD}@")
    temporary = program.folder / "tmp"
    temporary.mkdir()
    program.settings |= {
        "TRUSTED_PROXY": "127.0.0.1",
        "TELEGRAM_STAFF_CHAT": str(GROUP),
        "TMPDIR": str(temporary),
        "KEYS_BACKUP": str(program.folder / "keys.backup"),
    }
    tokens: list[str] = []

    await start(program, telegram)
    await asyncio.gather(bring_in(program, "good.csv"), bring_in(program, "bad.csv"))
    spoilt = "(SELECT wrapped FROM subject_key LIMIT 1)"
    await query(where, f"UPDATE customer SET profile = {spoilt} WHERE external_index IS NULL")
    async with asyncio.TaskGroup() as customers:
        customers.create_task(a_customer_on_telegram(program, telegram, gateway, tokens))
        customers.create_task(a_customer_on_the_web(program, gateway, tokens))
        customers.create_task(a_customer_whose_record_is_broken(telegram))
        customers.create_task(a_customer_who_uses_every_right(telegram))
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
    assert (await program.run("backup", "copies"))[0] == 0
    assert await program.terminate() == 0

    assert len(tokens) == 4
    codes = [sent.code for sent in [*gateway.sent, *gateway.refused] if sent.code]
    assert len(codes) == 5
    mails = [sent.text for sent in gateway.sent if sent.to == "staff@example.vn"]
    staff = "\n".join((*mails, *telegram.texts(GROUP)))
    assert "Khách đang chờ gặp nhân viên" in staff
    assert "Khiếu nại mới" in staff
    assert "Sửa" in staff
    assert "a step failed" in program.said
    kept = await stored(where, program.folder)
    assert any(name.endswith(".sealed") for name in kept)
    assert any(name.startswith("copies/") for name in kept)
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
