"""The whole desk on Zalo: what a customer meets there, with Zalo's servers standing in."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from aiohttp import ClientSession

from chatbot.channels import WINDOW_SHUT
from chatbot.clock import ZONE
from chatbot.conversation import Say, ToChat
from chatbot.messages import About, Address, Matter, Reply
from handlers.menu import OFFERED
from models.case import Case
from models.chat import Chat
from models.customer import Customer
from models.data_request import DataRequest, RequestKind, RequestState
from models.database import run_tx
from models.delivery import Delivery, Fate
from models.event import Event, Tag
from models.evidence import Evidence, EvidenceState
from models.outgoing import Outgoing, Purpose, State
from models.proof import Proof
from models.wish import Wish
from tests.conftest import Database
from tests.e2e.program import soon
from tests.evidence_files import png
from tests.offered import place_of, spelt
from tests.people import PHONE, put_on_file
from tests.zalo_desk import ZaloDesk, begin_chain, zalo_desk
from tests.zalo_server import OA_ID, ZaloServer

USER = "246845883529197922"
ADDRESS = Address("zalo", USER)


@pytest.fixture
async def zalo() -> AsyncIterator[ZaloServer]:
    """Zalo, to which nothing has been said."""
    async with ZaloServer() as server:
        yield server


@pytest.fixture
async def desk(zalo: ZaloServer, database: Database, tmp_path: Path) -> AsyncIterator[ZaloDesk]:
    """The desk, open."""
    async with zalo_desk(database, tmp_path, zalo) as desk:
        yield desk


async def chat() -> Chat:
    """The customer's chat."""
    found = await Chat.find(ADDRESS)
    assert found
    return found


async def test_the_menu_has_four_choices_and_leads_on(zalo: ZaloServer, desk: ZaloDesk) -> None:
    """At most five buttons, the last of them "Xem thêm"; a number, a word for it or a label choose too."""
    assert await zalo.says(USER, "xin chào") == 200
    await zalo.hears(USER, "8. ")
    menu = zalo.to(USER)[-1]
    assert [button["title"] for button in menu.buttons][-1] == "Xem thêm"
    assert len(menu.buttons) == 5
    await zalo.taps(USER, "Xem thêm")
    await zalo.hears(USER, "Mời quý khách chọn tiếp:")
    assert len(zalo.to(USER)[-1].buttons) == min(len(OFFERED) - 4, 5)
    for times, words in enumerate((place_of("human"), spelt("human"), "gap nhan vien"), 1):
        await zalo.says(USER, words)
        await zalo.hears(USER, "đã ghi nhận", times)
        await zalo.says(USER, "huỷ")
        await zalo.says(USER, "/menu")
        await zalo.hears(USER, "8. ", times + 1)
    assert zalo.statuses == [200] * len(zalo.statuses)
    assert max(zalo.seconds) < 2


async def test_a_code_by_zalo_proves_a_number(zalo: ZaloServer, desk: ZaloDesk) -> None:
    """The number from Zalo's form is a claim: a code follows, by template message, to that number."""
    await put_on_file(desk.clock.now())
    await zalo.says(USER, "/xacminh")
    await zalo.hears(USER, "bằng cách nào")
    await zalo.says(USER, "một")
    await zalo.hears(USER, "số điện thoại đã dùng")
    await zalo.wait_until(lambda: "attachment" in zalo.to(USER)[-1].message and not zalo.to(USER)[-1].text)
    assert await zalo.submits(USER, "84900000001") == 200
    await zalo.wait_until(lambda: bool(zalo.codes))
    assert not await Proof.exists()
    [(phone, code, _)] = zalo.codes
    assert phone == "84900000001"
    await zalo.hears(USER, "mã")
    await zalo.says(USER, code)
    await zalo.hears(USER, "xác minh")
    assert await Proof.filter(ended_at=None).count() == 1
    await zalo.says(USER, "xem dữ liệu của tôi")
    await zalo.hears(USER, "đang lưu về quý khách")
    shown = "\n".join(sent.text for sent in zalo.to(USER))
    assert "12 Đường Hoa Sữa" not in shown
    assert "https://desk.partyshop.example/my?lang=vi#" in shown


async def test_the_form_has_its_picture_and_can_be_switched_off(
    zalo: ZaloServer, database: Database, tmp_path: Path
) -> None:
    """The picture lies at the desk's own address; with ZALO_FORM=false numbers are typed."""
    async with zalo_desk(database, tmp_path, zalo, ZALO_FORM="false") as desk, ClientSession() as session:
        async with session.get(f"{desk.url}/zalo/phone.png") as answer:
            assert (answer.status, answer.content_type) == (200, "image/png")
            assert len(await answer.read()) > 1000
        for words in ("/xacminh", "1", PHONE):
            await zalo.says(USER, words)
        await zalo.hears(USER, "mã 6 chữ số")
        assert all(sent.text for sent in zalo.to(USER))


async def test_a_repeated_message_changes_nothing(zalo: ZaloServer, desk: ZaloDesk) -> None:
    """Zalo brings it again where our answer was lost: known by its id."""
    for _ in range(3):
        await zalo.writes(USER, "user_send_text", {"text": "/nhanvien", "msg_id": "the-same"})
    await zalo.hears(USER, "đã ghi nhận")
    assert await Wish.all().count() == 1
    assert await Delivery.all().count() == 1


async def test_a_person_who_answers_by_hand_pauses_the_desk(zalo: ZaloServer, desk: ZaloDesk) -> None:
    """Until 30 minutes after their last message; what the customer writes is stored; a command wakes it."""
    await zalo.says(USER, "/menu")
    await zalo.hears(USER, "8. ")
    count = len(zalo.to(USER))
    await zalo.human(USER, "Chào anh, em là nhân viên")
    await zalo.says(USER, "chào em, đơn của anh sao rồi")
    desk.clock.move(timedelta(minutes=20))
    await zalo.human(USER, "Em xem rồi nhắn lại ạ")
    desk.clock.move(timedelta(minutes=20))
    await zalo.says(USER, "ok em")
    kept = [(await one.opened()).text for one in await Delivery.filter(fate=Fate.PAUSED).order_by("id")]
    assert kept == ["chào em, đơn của anh sao rồi", "ok em"]
    assert len(zalo.to(USER)) == count
    await zalo.says(USER, "chính sách")
    await zalo.wait_until(lambda: len(zalo.to(USER)) > count)
    await zalo.human(USER, "Xong rồi ạ")
    desk.clock.move(timedelta(minutes=31))
    before = len(zalo.to(USER))
    await zalo.says(USER, "cảm ơn")
    await zalo.wait_until(lambda: len(zalo.to(USER)) > before)


async def test_our_own_echoes_pause_nothing(zalo: ZaloServer, desk: ZaloDesk) -> None:
    """Zalo reports each message of ours as well, without a person's id."""
    await zalo.says(USER, "/menu")
    await zalo.hears(USER, "8. ")
    parties = {"sender": {"id": OA_ID}, "recipient": {"id": USER}}
    await zalo.event({"event_name": "oa_send_text", **parties, "message": {"text": "x", "msg_id": "1"}})
    assert (await chat()).paused_until is None


async def test_leaving_and_following_again(zalo: ZaloServer, desk: ZaloDesk) -> None:
    """Who has left is not written to until they follow again or write."""
    await zalo.says(USER, "/menu")
    await zalo.hears(USER, "8. ")
    await zalo.event({"event_name": "unfollow", "follower": {"id": USER}, "oa_id": OA_ID})
    assert not (await chat()).reachable
    await zalo.event({"event_name": "follow", "follower": {"id": USER}, "oa_id": OA_ID})
    assert (await chat()).reachable


async def test_the_first_words_are_ours(zalo: ZaloServer, desk: ZaloDesk) -> None:
    """Who opens the chat for the first time is greeted, once."""
    chatnow = {
        "event_name": "user_click_chatnow",
        "user_id": USER,
        "oa_id": OA_ID,
        "timestamp": "1764000000000",
    }
    zalo.interacted[USER] = zalo.now()
    await zalo.event(chatnow)
    await zalo.event(chatnow)
    await zalo.hears(USER, "8. ")
    assert await Delivery.all().count() == 1


async def has_failed() -> bool:
    """Whether a message has ended as failed."""
    return await Outgoing.filter(state=State.FAILED).exists()


@pytest.mark.parametrize("kind", ["notice", "decision", "warning", "answer"])
async def test_a_shut_window_fails_clearly(zalo: ZaloServer, desk: ZaloDesk, kind: str) -> None:
    """Whatever it is, nothing is sent that Zalo would charge for or refuse; the reason stands with it, so
    that what must arrive can go by another way. The next message of the customer opens it again."""
    await zalo.says(USER, "/menu")
    await zalo.hears(USER, "8. ")
    here = await chat()
    desk.clock.move(timedelta(hours=48, minutes=1))
    now = desk.clock.now()

    async def tell() -> None:
        if kind == "notice":
            say = Say("sender.again", text="x")
            notice = ToChat(here.id, say)
            await desk.app._tell(notice, now, desk.app.wall())
            return
        held = await Chat.hold_by_id(here.id)
        assert held
        purpose = Purpose.ANSWER if kind == "answer" else Purpose.NOTICE
        about = About(here.id, Matter.DECISION) if kind == "decision" else None
        await Outgoing.to_chat(held, [Reply("Quyết định")], now, purpose=purpose, about=about)

    await run_tx(tell)
    before = len(zalo.to(USER))
    desk.app.sender.wake()
    await soon(has_failed)
    [row] = await Outgoing.filter(state=State.FAILED)
    assert (row.reason, row.outlet) == (WINDOW_SHUT, "zalo")
    assert len(zalo.to(USER)) == before
    assert zalo.billed == 0
    assert (await chat()).reachable
    await zalo.says(USER, "/menu")
    await zalo.wait_until(lambda: len(zalo.to(USER)) > before)


async def test_a_shop_that_pays_may_write_for_seven_days(
    zalo: ZaloServer, database: Database, tmp_path: Path
) -> None:
    """ZALO_PAYS=true: charged from the third day, never after the seventh."""
    async with zalo_desk(database, tmp_path, zalo, ZALO_PAYS="true") as desk:
        await zalo.says(USER, "/menu")
        await zalo.hears(USER, "8. ")
        desk.clock.move(timedelta(days=3))
        notice = ToChat((await chat()).id, Say("sender.again", text="Có tin mới"))
        await run_tx(lambda: desk.app._tell(notice, desk.clock.now(), desk.app.wall()))
        desk.app.sender.wake()
        await zalo.hears(USER, "Có tin mới")
        assert zalo.billed == 1


async def test_whoever_withdraws_their_consent_leaves_nothing_in_the_chat(
    zalo: ZaloServer, desk: ZaloDesk
) -> None:
    """At once and once: proofs, drafts, history and kept messages. What else the shop holds is a request to
    erase it, which the customer is told to confirm; nothing of it goes before that."""
    await put_on_file(desk.clock.now())
    await zalo.says(USER, "/xacminh")
    await zalo.says(USER, "1")
    await zalo.says(USER, PHONE)
    await zalo.wait_until(lambda: bool(zalo.codes))
    await zalo.says(USER, zalo.codes[0][1])
    await zalo.says(USER, "/khieunai")
    await zalo.says(USER, "1")
    await zalo.says(USER, "Nhân viên cũ của shop đã đăng số điện thoại của tôi lên mạng")
    await zalo.hears(USER, "khi nào")
    assert (await chat()).state is not None
    for _ in range(2):
        withdrawal = {"event_name": "user_withdraw", "user_id": USER, "timestamp": "1764000000000"}
        assert await zalo.event(withdrawal) == 200
    here = await chat()
    assert (here.state, here.conversation, here.proven) == (None, None, False)
    assert not await Proof.filter(chat_id=here.id).exists()
    [told] = await Outgoing.filter(subject=here.id, payload__isnull=False)
    reply = told.opened(here.key)
    assert reply
    assert "/xoadulieu" in reply.text
    assert not await Delivery.filter(subject=here.id, message__isnull=False).exists()
    assert await Event.filter(tag=Tag.CHAT_WITHDRAWN).count() == 1
    [request] = await DataRequest.filter(kind=RequestKind.ERASE)
    [record] = await Customer.all()
    assert (request.state, request.customer, record.frozen_at) == (RequestState.OPEN, record.id, None)
    assert await Outgoing.filter(lane="staff").count() == 1


async def test_proof_that_is_sent_is_fetched_from_zalo(zalo: ZaloServer, desk: ZaloDesk) -> None:
    """A complaint from its first word to its number, and its proof sealed."""
    await zalo.says(USER, "/khieunai")
    await zalo.says(USER, "một")
    await zalo.says(USER, "Nhân viên cũ của shop đã đăng số điện thoại của tôi lên mạng")
    await zalo.says(USER, "hôm qua")
    assert await zalo.sends_file(USER, "chung-cu.png", png(40, 30)) == 200
    await zalo.hears(USER, "Đã nhận: 1 trên 10 tệp")
    for words in ("tiep tuc", "1", "không", "2", "bỏ qua"):
        await zalo.says(USER, words)
    await zalo.hears(USER, "Mong muốn: Ngừng sử dụng dữ liệu")
    await zalo.says(USER, "1")
    await zalo.hears(USER, "Số khiếu nại: ")
    await zalo.hears(USER, "chung-cu.png")
    assert await Evidence.filter(state=EvidenceState.KEPT).count() == 1


async def test_the_domain_can_be_verified(zalo: ZaloServer, database: Database, tmp_path: Path) -> None:
    """By a tag on the home page, and by a file."""
    async with (
        zalo_desk(database, tmp_path, zalo, ZALO_VERIFIER="Abc-12_3") as desk,
        ClientSession() as session,
    ):
        for path in ("/", "/zalo_verifierAbc-12_3.html"):
            async with session.get(desk.url + path) as answer:
                page = await answer.text()
            assert '<meta name="zalo-platform-site-verification" content="Abc-12_3">' in page
        async with session.get(desk.url + "/zalo_verifierabc.html") as answer:
            assert answer.status == 404


async def test_a_torn_chain_reaches_staff_and_the_operator(zalo: ZaloServer, desk: ZaloDesk) -> None:
    """While the answer waits in the outbox; once the chain is mended, it goes out."""
    zalo.faults["/v4/oa/access_token"] = [500]
    await zalo.says(USER, "/menu")
    assert desk.app.zalo
    health = desk.app.zalo.channel.health
    await soon(lambda: "Không rõ mã truy cập Zalo" in desk.staff.words)
    await soon(lambda: "zalo token" in (health() or ""))
    assert zalo.to(USER) == []
    await begin_chain(zalo)
    await zalo.hears(USER, "8. ")
    assert health() is None
    assert desk.staff.words.count("Không rõ mã truy cập Zalo") == 1


async def test_who_falls_silent_is_reached_by_the_way_they_named(zalo: ZaloServer, desk: ZaloDesk) -> None:
    """A complaint without a second contact: asked the next day, which is free, and what Zalo refuses later
    goes to the e-mail address that was named then. Templates carry nothing but codes, so no number is asked
    for."""
    story = "Nhân viên cũ đã đăng số điện thoại của tôi"
    for words in ("/khieunai", "1", story, "hôm qua", "tiếp tục", "1", "không", "2", "bỏ qua", "1"):
        await zalo.says(USER, words)
    await zalo.hears(USER, "Số khiếu nại: ")
    await by_day(desk, after=timedelta(hours=24))
    await zalo.hears(USER, "qua địa chỉ e-mail nào?")
    await zalo.says(USER, "lan@example.com")
    await soon(lambda: bool(desk.email.sent))
    [(to, reply)] = desk.email.sent
    assert to == "lan@example.com"
    assert reply.code
    await zalo.says(USER, reply.code)
    await zalo.hears(USER, "đã được xác minh")
    assert zalo.billed == 0
    here, case = await chat(), await Case.get()
    await by_day(desk, after=timedelta(hours=48))

    async def ask() -> None:
        held = await Chat.hold_by_id(here.id)
        assert held
        about = About(case.id, Matter.QUESTION)
        await Outgoing.to_chat(
            held, [Reply("Khi nào?")], desk.clock.now(), purpose=Purpose.NOTICE, about=about
        )

    await run_tx(ask)
    desk.app.sender.wake()
    await soon(has_failed)
    await desk.app.scheduler.run_all()
    desk.app.sender.wake()
    await soon(lambda: len(desk.email.sent) == 2)
    to, reply = desk.email.sent[-1]
    assert to == "lan@example.com"
    assert case.code in reply.text
    assert "Khi nào?" not in reply.text


async def by_day(desk: ZaloDesk, after: timedelta) -> None:
    """Time passes, until an hour at which customers are written to; what the clock asks for is done."""
    local = (desk.clock.now() + after).astimezone(ZONE)
    while not 8 < local.hour < 19:
        local += timedelta(hours=1)
    desk.clock.move(local - desk.clock.now())
    await desk.app.scheduler.run_all()
    desk.app.sender.wake()
