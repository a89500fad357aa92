"""The page on which a certificate or a receipt is checked: what it says, and to whatever is typed."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import date
from html import unescape
from pathlib import Path
from urllib.parse import urlencode

import aiohttp
import pytest
from structlog.testing import capture_logs

from chatbot.certificate import Certificate, Certified, Elsewhere
from chatbot.channels.web.limits import Rate
from chatbot.crypto import KeyRing
from chatbot.pages.static import Static
from chatbot.pages.verify import verify_routes
from chatbot.shop import load_shop
from chatbot.texts import Texts
from models.keys import ring, use_ring
from tests.page_server import Desk, serving

FORM = "application/x-www-form-urlencoded"
DAY = date(2026, 11, 30)
ERASED = Certificate(Certified.ERASED, (2026, 45), DAY, elsewhere=Elsewhere.OPEN)


class Page:
    """The page as a browser without scripts uses it. There is no database."""

    def __init__(self, desk: Desk, session: aiohttp.ClientSession) -> None:
        self.desk = desk
        self.session = session

    async def get(self, path: str = "/verify") -> tuple[int, str]:
        """Status and words."""
        async with self.session.get(self.desk.url + path) as answer:
            return answer.status, await answer.text()

    async def send(self, body: bytes, kind: str = FORM, language: str = "vi") -> tuple[int, str]:
        """Any body: status, and what stands in the answer as text."""
        headers = {"Content-Type": kind}
        url = f"{self.desk.url}/verify?lang={language}"
        async with self.session.post(url, data=body, headers=headers) as answer:
            return answer.status, await answer.text()

    async def check(self, code: str, language: str = "vi") -> tuple[list[str], str]:
        """The lines of the result, and the whole page."""
        status, page = await self.send(urlencode({"code": code}).encode(), language=language)
        assert status == 200
        (result,) = re.findall(r'<section class="card \w+" role="status".*?</section>', page, re.DOTALL)
        return [unescape(line) for line in re.findall(r"<(?:h2|p)[^>]*>(.*?)</", result)], page


@pytest.fixture
async def page(keyring: Path) -> AsyncIterator[Page]:
    """The page on a port of its own."""
    use_ring(KeyRing.load(keyring))
    desk = Desk()
    routes = verify_routes(Texts.load(), Static(), load_shop(), wait=lambda _: desk.rate.wait("one"))
    async with serving(*routes, desk=desk), aiohttp.ClientSession() as session:
        yield Page(desk, session)


async def test_it_says_what_a_code_certifies(page: Page) -> None:
    """In Vietnamese and English, in sentences, and for every kind."""
    lines, shown = await page.check(ERASED.code(ring()))
    assert lines == [
        "Đúng là mã do Partyshop.vn cấp",
        "Ngày 30/11/2026, chúng tôi đã xoá hẳn dữ liệu cá nhân của một khách hàng, theo yêu cầu của chính"
        " khách hàng đó.",
        "Số: YC-2026-000045-D",
        "Khi cấp mã này, việc xoá ở các hệ thống khác của chúng tôi đã được giao nhưng chưa xong hết.",
        "Mã không chứa dữ liệu cá nhân, nên không cho biết khách hàng đó là ai.",
    ]
    assert ERASED.code(ring()) not in shown
    complaint = Certificate(Certified.COMPLAINT, (2026, 123), DAY, date(2026, 12, 14)).code(ring())
    lines, _ = await page.check(complaint.lower().replace("-", " "), "en")
    assert lines == [
        "Genuine: given by Partyshop.vn",
        "On 30 November 2026 we received a complaint about the use of personal data.",
        "Number: KN-2026-000123-H",
        "We promised to be done by Monday, 14 December 2026 at the latest.",
        "The code holds no personal data, so it does not tell who the customer is.",
    ]
    for kind in Certified:
        for elsewhere in Elsewhere:
            code = Certificate(kind, None, DAY, None, elsewhere).code(ring())
            assert (await page.check(code))[0][0] == "Đúng là mã do Partyshop.vn cấp"


async def test_a_code_that_is_not_genuine_can_be_corrected(page: Page) -> None:
    """It says how, and what was typed stands in the field again, as text."""
    code = ERASED.code(ring())
    typed = code[:-1] + ("0" if code[-1] != "0" else "1")
    for wrong in (typed, "<script>alert(1)</script>", '"></textarea><b>'):
        lines, shown = await page.check(wrong)
        assert lines[0] == "Mã vừa nhập không phải do Partyshop.vn cấp"
        assert "partyshop.vn@gmail.com" in lines[1]
        field = re.search(r"<textarea[^>]*>(.*?)</textarea>", shown, re.DOTALL)
        assert field
        assert unescape(field[1]) == wrong
        assert "<script>alert" not in shown


async def test_neither_address_nor_log_holds_a_code(page: Page) -> None:
    """The form sends it in a body; a code in the address is not looked at."""
    code = ERASED.code(ring())
    status, empty = await page.get()
    assert status == 200
    assert re.findall(r"<form[^>]*>", empty) == ['<form method="post" action="/verify?lang=vi">']
    with capture_logs() as logs:
        status, shown = await page.get(f"/verify?code={code}")
        await page.check(code)
    assert (status, shown) == (200, empty)
    assert (await page.get(f"/verify/{code}"))[0] == 404
    assert code not in str(logs)


async def test_it_needs_no_script_and_carries_the_headers_of_every_page(page: Page) -> None:
    """Nothing but our own style sheets; kept by no cache, shown in no frame."""
    async with page.session.get(page.desk.url + "/verify") as answer:
        words, headers = await answer.text(), answer.headers
    assert "<script" not in words
    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert 'hreflang="en"' in words
    assert '<html lang="en">' in (await page.get("/verify?lang=en"))[1]


async def test_who_tries_too_often_waits(page: Page) -> None:
    """With what was typed still in the field."""
    page.desk.rate = Rate(0.001, 1)
    code = ERASED.code(ring())
    assert (await page.check(code))[0][0].startswith("Đúng")
    status, shown = await page.send(urlencode({"code": code}).encode())
    assert (status, "Xin thử lại sau ít phút" in shown, code in shown) == (429, True, True)


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"", FORM, 200),
        (b"code=", FORM, 200),
        (b"other=1", FORM, 200),
        (b"code=%00%E2%80%AE", FORM, 200),
        (b"code=" + b"A" * 100_000, FORM, 200),
        (b"code=%ff", FORM, 400),
        (b"code=\xff", FORM, 400),
        (b"&".join([b"a=1"] * 1000), FORM, 400),
        (b"{}", "application/json", 415),
        (b"--x", "multipart/form-data; boundary=x", 415),
        (b"code=1", "", 415),
    ],
)
async def test_whatever_is_sent_is_no_fault_of_ours(page: Page, body: bytes, kind: str, status: int) -> None:
    """Bad input gets a clear answer."""
    assert (await page.send(body, kind))[0] == status
