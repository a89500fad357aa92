"""Claims to a new contact in the staff room, the warning to the old contacts, and the page of its link."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from uuid import UUID

import pytest
from aiohttp import web
from yarl import URL

from chatbot.channels.web.limits import Rate
from chatbot.messages import Address, Kind
from chatbot.pages.notme import notme_routes
from chatbot.pages.static import Static
from chatbot.shop import load_shop
from chatbot.texts import Texts
from models import ContactClaim, Event, Outgoing, StaffMember, SubjectKey
from models.chat import Chat
from models.claim_states import ClaimState
from models.contact_claim import OBJECTION, Told
from models.customer import Customer
from models.database import run_tx
from models.event import Tag
from models.keys import new_id
from models.outgoing import Arrival, State
from models.proof import Method, Proof
from models.roles import Role
from tests.conftest import Database
from tests.page_server import serving
from tests.people import EMAIL, FULL, NAME, PHONE_E164, put_on_file
from tests.room_cases import a_chat, told, told_to_staff
from tests.room_server import Answer, Browser, RoomServer, a_profile, room_serving
from tests.staff import NOW, hire

NEW = "moi@example.com"
WHY = "Khớp họ tên, ngày sinh và địa chỉ <cũ>."
OUTLETS = {Kind.PHONE: "sms", Kind.EMAIL: "email"}


@dataclass
class Lead:
    """Somebody of the staff in a browser of their own."""

    browser: Browser
    id: UUID
    token: str = field(repr=False)

    async def see(self, path: str) -> Answer:
        """A page."""
        return await self.browser.get(path, Accept="text/html")

    async def do(self, claim: ContactClaim, act: str, **form: str) -> Answer:
        """A form of a claim."""
        return await self.browser.send(f"/staff/contacts/{claim.id}/{act}", {"form": self.token, **form})

    async def approves(self, claim: ContactClaim, words: str = WHY, **changed: str) -> Answer:
        """Compare, and say yes to the first record."""
        page = await self.do(claim, "compare")
        form = {name: page.field(name) for name in ("record", "seen")}
        return await self.do(claim, "approve", **{**form, "words": words, **changed})


@dataclass
class House:
    """The room of a desk, and who comes in."""

    server: RoomServer
    stack: AsyncExitStack

    async def enter(self, role: Role = Role.LEAD, name: str = "Trần Văn Bình") -> Lead:
        """Somebody joins the roster and comes into the room."""
        who = await hire(name, role, wall=self.server.wall)
        session = await self.stack.enter_async_context(a_profile())
        session.cookie_jar.update_cookies({"staff": who.cookie}, URL(f"{self.server.url}/staff"))
        browser = Browser(self.server, session)
        page = await browser.get("/staff")
        member = await StaffMember.get(login_index=StaffMember.index(who.login))
        return Lead(browser, member.id, page.field("form"))


@pytest.fixture
async def house(database: Database) -> AsyncIterator[House]:
    """The room of an empty desk that can send text messages and mail."""
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(room_serving())
        server.outlets |= OUTLETS
        yield House(server, stack)


async def a_claim(chat: Chat | None = None, old: str = PHONE_E164, number: str = "") -> ContactClaim:
    """What somebody told, of a record that there may be."""
    chat = chat or await a_chat("claimant")
    told = Told(Kind.PHONE, old, Kind.EMAIL, NEW, "Thu Hà <3>", "14/5/1990", "12 Hoa Sữa", number)
    return await run_tx(lambda: ContactClaim.ask(chat, told, NOW))


async def state(claim: ContactClaim) -> ClaimState:
    """Where a claim stands."""
    return (await ContactClaim.get(id=claim.id)).state


async def to_contacts() -> list[tuple[str, str, str, str]]:
    """What is queued for contacts: outlet, to whom, words, link."""
    found = []
    for row in await Outgoing.filter(outlet__in=["sms", "email"]).order_by("id"):
        key = await SubjectKey.of(row.subject)
        to, reply = row.opened_target(key), row.opened(key)
        assert to
        assert reply
        found.append((row.outlet, to.user, reply.text, reply.link.url if reply.link else ""))
    return found


async def test_the_record_is_shown_only_beside_the_claim_and_on_record(house: House) -> None:
    """The page shows what was told, escaped; comparing opens the record, which the customer can see."""
    lead, record = await house.enter(), await put_on_file(NOW)
    claim = await a_claim()
    assert "Không còn liên hệ cũ: 1" in (await lead.see("/staff")).text
    assert f"/staff/contacts/{claim.id}" in (await lead.see("/staff/contacts")).text
    page = await lead.see(f"/staff/contacts/{claim.id}")
    assert "Thu Hà &lt;3&gt;" in page.text
    assert NAME not in page.text
    assert await Event.filter(tag=Tag.RECORD_SHOWN).count() == 0
    page = await lead.do(claim, "compare")
    assert page.status == 200
    for held in (NAME, "14/05/1990", FULL["address"], FULL["external_id"], EMAIL):
        assert held in page.text
    assert FULL["note"] not in page.text
    [event] = await Event.filter(tag=Tag.RECORD_SHOWN)
    assert (event.customer, event.member, event.detail) == (record.id, lead.id, "lead:identity")


async def test_approved_with_a_reason_the_old_contacts_are_warned(house: House) -> None:
    """By text message, by mail and where one was proven of late; with the link, without a personal word."""
    lead, record = await house.enter(), await put_on_file(NOW)
    owner, chat = await a_chat("owner", language="en"), await a_chat("claimant")
    await run_tx(lambda: Proof.add(owner, Kind.EMAIL, EMAIL, Method.CODE, NOW, NOW))
    await run_tx(lambda: Proof.end(owner, NOW))
    await run_tx(lambda: Proof.add(chat, Kind.EMAIL, EMAIL, Method.CODE, NOW, NOW))
    claim = await a_claim(chat)
    assert (await lead.approves(claim, words=" ")).status == 422
    assert await state(claim) is ClaimState.ASKED
    assert (await lead.approves(claim)).to == "/staff/contacts?done=approve"
    assert "đang được báo" in (await lead.see("/staff/contacts?done=approve")).said
    stored = await run_tx(partial(ContactClaim.find, claim.id))
    assert stored
    assert (stored.state, stored.customer, stored.decided_by) == (ClaimState.APPROVED, record.id, lead.id)
    assert (stored.opens_at, stored.opened_reason()) == (NOW + OBJECTION, WHY)
    assert await stored.warned_at() is None
    for row in await Outgoing.filter(outlet="sms"):
        await Outgoing.filter(id=row.id).update(
            state=State.SENT, settled_at=row.queued_at + timedelta(hours=1)
        )
    assert await stored.warned_at() == NOW + timedelta(hours=1)
    sent = await to_contacts()
    assert [(outlet, to) for outlet, to, *_ in sent] == [("sms", PHONE_E164), ("email", EMAIL)]
    assert len({link for *_, link in sent}) == 1
    assert re.fullmatch(r"https://desk\.example\.vn/not-me/[\w-]{43}", sent[0][3])
    [warning] = await Outgoing.filter(lane=str(owner.id))
    reply = warning.opened(owner.key)
    assert reply
    assert [button.token for button in reply.buttons] == ["go:objection"]
    assert reply.text.startswith("Partyshop.vn: somebody asks")
    for words in (*[text for _, _, text, _ in sent], reply.text):
        assert not any(value in words for value in (NAME, "Thu Hà", NEW, EMAIL, "0900000001", "1990"))
    assert [words[:40] for words in await told(chat)] == ["Yêu cầu thêm liên hệ mới đã được chấp th"]
    event = await Event.get(tag=Tag.CONTACT_APPROVED)
    assert (event.chat, event.customer, event.member) == (chat.id, record.id, lead.id)
    assert await Customer.behind(Kind.EMAIL, NEW) == ()
    assert (await lead.do(claim, "approve", words=WHY, record=str(record.id), seen="x")).status == 409
    assert (await lead.do(claim, "compare")).status == 409
    assert (await lead.do(claim, "refuse", words=WHY)).status == 409
    assert len(await to_contacts()) == 2


async def test_refused_the_customer_hears_that_it_was_not_enough(house: House) -> None:
    """Not why: that is for staff alone, and there is no refusal without it."""
    lead, chat = await house.enter(Role.DIRECTOR), await a_chat()
    claim = await a_claim(chat)
    assert (await lead.do(claim, "refuse", words="")).status == 422
    assert (await lead.do(claim, "refuse", words="Sai <ngày> sinh.")).status == 303
    assert await state(claim) is ClaimState.REFUSED
    [words] = await told(chat)
    assert "chưa đủ" in words
    assert "/khieunai" in words
    assert "sinh" not in words
    assert "Sai &lt;ngày&gt; sinh." in (await lead.see(f"/staff/contacts/{claim.id}")).text
    assert await Event.filter(tag=Tag.CONTACT_REFUSED, member=lead.id).count() == 1
    assert await Outgoing.filter(about=claim.id, arrival=Arrival.OWED).count() == 1


async def test_what_was_compared_must_still_be_so(house: House) -> None:
    """A record that has changed since, or another one, is not approved; what was typed is kept."""
    lead, record, claim = await house.enter(), await put_on_file(NOW), await a_claim()
    other = await put_on_file(
        NOW, "Người Khác", phone="+84900000005", email="k@example.com", external_id="X9"
    )
    for wrong in ({"record": str(other.id)}, {"record": "x"}, {"seen": "0" * 64}, {"seen": "đ"}):
        answer = await lead.approves(claim, **wrong)
        assert (answer.status, WHY[:20] in answer.text) == (409, True), wrong
    page = await lead.do(claim, "compare")
    form = {name: page.field(name) for name in ("record", "seen")}
    loaded = await Customer.load(record.id)
    assert loaded
    await run_tx(lambda: loaded.add_contact(Kind.PHONE, "+84900000006", NOW))
    assert (await lead.do(claim, "approve", words=WHY, **form)).status == 409
    assert await state(claim) is ClaimState.ASKED
    assert await to_contacts() == []


async def test_nothing_is_approved_that_nobody_could_object_to(house: House) -> None:
    """A desk that can write to none of the old contacts sends the customer to the shop."""
    lead = await house.enter()
    await put_on_file(NOW, phone="+842438220001", email=None)
    claim = await a_claim(old="+842438220001")
    answer = await lead.approves(claim)
    assert (answer.status, "mời khách đến cửa hàng" in answer.said) == (409, True)
    assert await state(claim) is ClaimState.ASKED


async def test_a_record_is_also_found_by_the_shops_number(house: House) -> None:
    """Where the old contact is not on file; and where there is none at all, that is said."""
    lead = await house.enter()
    assert (await lead.do(await a_claim(old="+84900000007"), "compare")).status == 404
    await put_on_file(NOW)
    assert NAME in (await lead.do(await a_claim(old="+84900000007", number="PS00777"), "compare")).text


async def test_only_who_may_approve_sees_a_claim(house: House) -> None:
    """An agent neither sees nor decides; nobody acts without the form's token, or from elsewhere."""
    await put_on_file(NOW)
    agent, lead, claim = await house.enter(Role.AGENT, "Lê An"), await house.enter(), await a_claim()
    assert "/staff/contacts" not in (await agent.see("/staff")).text
    for path in ("/staff/contacts", f"/staff/contacts/{claim.id}"):
        assert (await agent.see(path)).status == 403
    for act in ("compare", "approve", "refuse"):
        assert (await agent.do(claim, act, words=WHY)).status == 403
        path = f"/staff/contacts/{claim.id}/{act}"
        assert (await lead.browser.send(path, {"words": WHY})).status == 403
        evil = await lead.browser.send(
            path, {"form": lead.token, "words": WHY}, origin="https://evil.example"
        )
        assert evil.status == 403
    for path in (f"/staff/contacts/{new_id()}", "/staff/contacts/x"):
        assert (await lead.see(path)).status == 404
    assert await Event.filter(tag=Tag.RECORD_SHOWN).count() == 0
    assert await state(claim) is ClaimState.ASKED


# The link ----------------------------------------------------------------------------------------


@dataclass
class Line:
    """A browser at the page of the link."""

    browser: Browser
    server: RoomServer

    async def get(self, token: str) -> Answer:
        """Open it."""
        return await self.browser.get(f"/not-me/{token}")

    async def press(self, token: str) -> Answer:
        """Its button, as a browser sends it that tells no origin."""
        return await self.browser.send(f"/not-me/{token}", {}, origin="null")


@pytest.fixture
async def line(database: Database) -> AsyncIterator[Line]:
    """The page on a port of its own."""
    server = RoomServer(rate=Rate(0.001, 8))

    def wait(request: web.Request) -> float:
        return server.rate.wait("one")

    shop = load_shop()
    routes = notme_routes(
        Texts.load(), Static(), shop, lambda: server.now, wait=wait, committed=server.committed
    )
    async with serving(*routes) as desk, a_profile() as session:
        server.url = desk.url
        yield Line(Browser(server, session), server)


async def approved() -> tuple[ContactClaim, str]:
    """A claim that a lead has approved, and the token of its link."""
    record = await Customer.load((await put_on_file(NOW)).id)
    assert record
    claim = await a_claim()
    token = await run_tx(lambda: claim.approve(record, new_id(), WHY, NOW))
    assert token
    return claim, token


async def test_only_the_button_of_the_link_stops_the_claim(line: Line) -> None:
    """A preview changes nothing; pressed twice it is stopped once; customer and staff hear of it."""
    claim, token = await approved()
    page = await line.get(token)
    assert (page.status, "<button" in page.text) == (200, True)
    assert (await line.get("x" * 43)).text == page.text
    assert await state(claim) is ClaimState.APPROVED
    for _ in range(2):
        answer = await line.press(token)
        assert (answer.status, "Yêu cầu đã dừng" in answer.text) == (200, True)
    assert await state(claim) is ClaimState.OBJECTED
    [words] = await told(claim.chat)
    assert words.startswith("Yêu cầu thêm liên hệ mới đã dừng")
    assert len(await told_to_staff()) == 1
    assert [event.detail for event in await Event.filter(tag=Tag.CONTACT_OBJECTED)] == ["link"]
    assert line.server.commits


async def test_too_late_an_objection_still_reaches_staff_once(line: Line) -> None:
    """The new contact is on file: a person has to look, and the link is spent."""
    claim, token = await approved()

    async def opens() -> bool:
        found = await ContactClaim.find(claim.id)
        return found is not None and await found.open(NOW + OBJECTION)

    assert await run_tx(opens)
    line.server.now = NOW + OBJECTION + timedelta(hours=1)
    assert "báo ngay cho nhân viên" in (await line.press(token)).text
    assert (await line.press(token)).status == 410
    assert len(await told_to_staff()) == 1
    assert await state(claim) is ClaimState.OPEN


@pytest.mark.parametrize("token", ["x" * 43, "-", "_" * 100])
async def test_a_link_to_nothing_says_so(line: Line, token: str) -> None:
    """Whatever it holds; and too many tries from one network have to wait."""
    for _ in range(8):
        assert (await line.press(token)).status == 410
    answer = await line.press(token)
    assert (answer.status, answer.headers["Retry-After"].isdigit()) == (429, True)
    assert (await line.browser.get("/not-me/" + "x" * 101)).status == 404
    assert await Chat.find(Address("web", "1")) is None
