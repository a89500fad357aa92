"""Anything at all, in any order: the engine answers, keeps to its rules, and gives nobody's data away."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from itertools import count
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from chatbot.messages import Contact, FileRef, Inbound, Kind, Person, Proven, Reply
from chatbot.texts import Texts
from models.case import Case, Category, Statement
from models.chat import Chat
from models.customer import Customer
from models.database import run_tx
from models.delivery import Delivery, Fate
from models.proof import Proof
from tests.chat import SHOP, TEXTS, CustomerChat, Desk, codes_sent
from tests.conftest import Database
from tests.people import put_on_file
from tests.properties import tries

WORDS = (
    "/start", "/menu", "/xemdulieu", "/taidulieu", "/suadulieu", "/sualienhe", "/xacminh", "/thoat",
    "/chinhsach", "/nhanvien", "/ngonngu", "/help", "/khieunai", "/theodoi", "/matlienhe", "/daidien",
    "/aidaxem", "/khongphaitoi", "/lienlacthem", "KN-2026-000001", "rút đơn",
    "/la", "/", "huỷ", "cancel", "quay lại", "back", "nhân viên", "staff", "thoát", "trợ giúp", "chính sách",
    "xem dữ liệu của tôi", "xoá dữ liệu", "xin chào", "1", "2", "3", "8", "9", "0", "000000", "123456",
    "khác", "tiếp", "{x}", "", "   ",
)  # fmt: skip
FILE = FileRef("handle", "anh.jpg", "image/jpeg", 1000)
PAUSES = tuple(
    timedelta(**span) for span in ({"seconds": 3}, {"minutes": 6}, {"minutes": 16}, {"hours": 2}, {"days": 9})
)

actions = st.one_of(
    st.tuples(st.just("says"), st.sampled_from(WORDS)),
    st.tuples(st.just("says"), st.text(max_size=30)),
    st.tuples(st.just("tells"), st.sampled_from(["phone", "email", "code", "birthday", "stranger"])),
    st.tuples(st.just("presses last"), st.integers(0, 9)),
    st.tuples(st.just("presses last"), st.integers(0, 9)),
    st.tuples(st.just("proves"), st.sampled_from(["phone", "email"])),
    st.tuples(st.just("presses old"), st.integers(0, 99)),
    st.tuples(st.just("presses"), st.text(max_size=10)),
    st.tuples(st.just("shares"), st.booleans()),
    st.tuples(st.just("sends"), st.sampled_from([None, "", "có ảnh"])),
    st.tuples(st.just("edits"), st.sampled_from(WORDS)),
    st.tuples(st.just("repeats"), st.none()),
    st.tuples(st.just("is late"), st.sampled_from(WORDS)),
    st.tuples(st.just("waits"), st.sampled_from(PAUSES)),
)
walks = st.lists(st.tuples(st.integers(0, 3), actions), max_size=40)

_walks = count(1)


class Walker:
    """Chats of several people about two records behind one phone number, watched at every step."""

    def __init__(self, number: int) -> None:
        self.desk = Desk(texts=Texts)
        self.desk.time.move(timedelta(days=30 * number))
        self.phone, self.email = f"090{number:07d}", f"khach{number}@example.vn"
        where = (("a", "web"), ("b", "silent"), ("c", "messenger"), ("d", "messenger"))
        self.chats = [self.desk.chat(f"{number} {user}", channel) for user, channel in where]
        self.tokens: dict[str, list[str]] = {chat.address.user: [] for chat in self.chats}
        self.previous: dict[str, Inbound] = {}
        self.secret = (
            f"Zũỹ{number}",
            f"Ngõ Số {number}",
            f"Ghi chú kín {number}",
            f"MÃ{number}X",
            f"Cột kín {number}",
            f"Lời khai kín {number}",
        )

    async def begin(self) -> None:
        """Two records with the same phone number, one of them with this e-mail address, which has a case."""
        name, address, note, external, extra, statement = self.secret
        common = {"phone": f"+84{self.phone[1:]}", "address": address, "note": note, "extra": {"Cột": extra}}
        now = self.desk.time.now()
        await put_on_file(
            now, name, **common, email=self.email, external_id=external, birthday=date(1990, 5, 14)
        )
        await put_on_file(now, name, **common, email=None, external_id=None, birthday=None)
        owner = Person((Proven(UUID(int=1), Kind.EMAIL, self.email),))
        await run_tx(
            lambda: Case.file(
                Statement(statement),
                category=Category.LEAKED,
                chat=None,
                person=owner,
                priority=False,
                negotiate=False,
                arrived=now,
                calendar=SHOP.calendar,
            )
        )

    async def does(self, who: int, what: str, arg: Any) -> None:
        """One action of one person, and what must hold after it."""
        chat = self.chats[who]
        if what == "waits":
            self.desk.time.move(arg)
            return
        if what == "proves":
            way = "3" if chat.address.channel == "messenger" else {"phone": "1", "email": "2"}[arg]
            for part in (("says", "/xacminh"), ("says", way), ("tells", arg), ("tells", "code")):
                await self.does(who, *part)
            return
        # What others did may have told this chat something meanwhile: that answers nothing of its own.
        await self._holds(chat, await chat.replies())
        message = await self._message(chat, what, arg)
        if message is None:
            return
        fresh = what == "presses last"
        seen = self.previous.get(chat.address.user)
        self.previous[chat.address.user] = message
        await self.desk.engine().receive(message)
        replies = await chat.replies()
        if message is seen:
            assert not replies
            return
        assert replies, "met with silence"
        await self._holds(chat, replies)
        if fresh:
            stale = {TEXTS.get(locale, "engine.stale_press") for locale in TEXTS.locales}
            assert not any(words in reply.text for words in stale for reply in replies)

    async def _message(self, chat: CustomerChat, what: str, arg: Any) -> Inbound | None:
        match what:
            case "says":
                return chat.message(text=arg)
            case "tells":
                return chat.message(text=await self._fact(arg))
            case "presses last":
                buttons = [button for reply in chat.last for button in reply.buttons]
                return chat.message(press=buttons[arg % len(buttons)].token) if buttons else None
            case "presses old":
                known = self.tokens[chat.address.user]
                return chat.message(press=known[arg % len(known)]) if known else None
            case "presses":
                return chat.message(press=arg)
            case "shares":
                return chat.message(
                    contact=Contact(self.phone, own=arg and chat.address.channel == "messenger")
                )
            case "sends":
                return chat.message(files=(FILE,), text=arg)
            case "edits":
                return chat.message(text=arg, edited=True)
            case "repeats":
                return self.previous.get(chat.address.user)
            case "is late":
                return chat.message(text=arg, at=self.desk.time.now() - timedelta(minutes=3))
        raise AssertionError(what)

    async def _fact(self, which: str) -> str:
        facts: Mapping[str, str] = {"phone": self.phone, "email": self.email, "birthday": "14/5/1990"}
        if which == "code":
            sent = [
                text for to, text, decoy in await codes_sent() if to in (self.email, f"+84{self.phone[1:]}")
            ]
            digits = [word.strip(",.") for text in sent[-1:] for word in text.split()]
            return next((word for word in digits if len(word) == 6 and word.isdigit()), "654321")
        return facts.get(which, "0910000009")

    async def _holds(self, chat: CustomerChat, replies: list[Reply]) -> None:
        assert not await Delivery.filter(fate=Fate.FAILED).exists()
        stored = await Chat.find(chat.address)
        if stored is None:
            assert replies == []
            return
        opened = await Proof.filter(chat_id=stored.id, ended_at=None, opened__isnull=False).exists()
        for reply in replies:
            assert reply.text.strip()
            for button in reply.buttons:
                assert 0 < len(button.token.encode()) <= 64
                assert button.label.strip()
                self.tokens[chat.address.user].append(button.token)
            if not (opened and chat.address.channel == "web"):
                assert not any(value in reply.text for value in self.secret)
            if chat.address.channel != "web":
                assert self.phone not in reply.text
                assert self.email not in reply.text


@settings(max_examples=tries(60), deadline=None, suppress_health_check=list(HealthCheck), print_blob=True)
@given(walk=walks)
@example(walk=[(0, ("proves", "phone")), (1, ("proves", "phone")), (0, ("repeats", None))])
async def test_any_walk_through_the_desk(database: Database, walk: list[tuple[int, tuple[str, Any]]]) -> None:
    """No message fails or is met with silence; no value of a record is said where it is not open and on the
    shop's own server; what is offered works; a delivery that is repeated is passed over."""
    walker = Walker(next(_walks))
    await walker.begin()
    for who, (what, arg) in walk:
        await walker.does(who, what, arg)


async def test_the_walk_can_get_as_far_as_ones_own_data(database: Database) -> None:
    """Otherwise it would watch over nothing."""
    walker = Walker(next(_walks))
    await walker.begin()
    await walker.does(0, "proves", "email")
    await walker.does(0, "says", "/xemdulieu")
    assert any(walker.secret[0] in reply.text for reply in walker.chats[0].last)
    await walker.does(0, "says", "/theodoi")
    assert any(walker.secret[5] in reply.text for reply in walker.chats[0].last)
    assert await Customer.all().count() == 2


async def test_the_walk_notices_a_leak(database: Database) -> None:
    """A value of the record said in a chat that has proven nothing is found."""
    walker = Walker(next(_walks))
    await walker.begin()
    await walker.does(2, "says", "/menu")
    with pytest.raises(AssertionError):
        await walker._holds(walker.chats[2], [Reply(f"… {walker.secret[1]} …")])
