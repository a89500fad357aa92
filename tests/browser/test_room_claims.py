"""A claim to a new contact in a real browser, on a telephone."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from chatbot.messages import Kind
from models.claim_states import ClaimState
from models.contact_claim import ContactClaim
from models.roles import Role
from tests.browser.conftest import NewPage
from tests.browser.looks import CONTRAST
from tests.conftest import Database
from tests.people import NAME, put_on_file
from tests.room_server import room_serving
from tests.staff import NOW, hire
from tests.test_room_claims import WHY, a_claim

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


async def test_a_lead_compares_and_approves_on_a_telephone(database: Database, new_page: NewPage) -> None:
    """From the queue to the approval; nothing runs out of the screen, and all can be read."""
    await put_on_file(NOW)
    await a_claim()
    async with room_serving() as room:
        room.outlets |= {Kind.EMAIL: "email"}
        who = await hire("Trần Văn Bình", Role.LEAD, wall=room.wall)
        page = await new_page(viewport={"width": 360, "height": 740})
        await page.context.add_cookies([{"name": "staff", "value": who.cookie, "url": f"{room.url}/staff"}])
        await page.goto(f"{room.url}/staff")
        await page.get_by_role("link", name="Không còn liên hệ cũ: 1").click()
        await page.get_by_role("link", name="Chờ đối chiếu").click()
        await expect(page.get_by_text(NAME)).to_have_count(0)
        await page.get_by_role("button", name="Mở hồ sơ và đối chiếu").click()
        await expect(page.get_by_role("row", name="Họ tên")).to_contain_text(NAME)
        assert await page.evaluate("document.documentElement.scrollWidth") <= 360
        assert await page.evaluate(CONTRAST) == []
        form = page.locator("form", has=page.get_by_role("button", name="Chấp thuận và báo liên hệ cũ"))
        await form.get_by_label("Lý do").fill(WHY)
        await form.get_by_role("button").click()
        await expect(page.get_by_text("các liên hệ cũ đang được báo")).to_be_visible()
    assert (await ContactClaim.get()).state is ClaimState.APPROVED
