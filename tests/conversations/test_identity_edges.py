"""What a careful stranger tried: each once worked, and none does any more."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from functools import partial

import pytest

from chatbot.messages import Kind
from models.customer import ContactPoint, Customer, Profile
from models.database import run_tx
from models.delivery import Delivery
from models.keys import ring
from models.link import PageLink
from models.outgoing import Outgoing
from models.upload import Upload
from models.wish import MOST
from tests.chat import Desk
from tests.conftest import Database
from tests.conversations.test_identity import PHONE, PHONE_E164, on_file


@pytest.fixture
def desk(database: Database) -> Desk:
    """A desk over an open database."""
    return Desk()


async def test_a_record_shuts_when_its_contact_is_given_to_somebody_else(desk: Desk) -> None:
    """The shop corrects the number of a record: whoever proved the old one sees it no longer."""
    customer = await on_file(desk, email=None)
    chat = desk.chat("1")
    await chat.proves(PHONE)
    assert (await chat.says("/xemdulieu"))[0] == "profile.held"
    await ContactPoint.filter(customer_id=customer.id).update(
        value_index=ring().blind_index(Kind.PHONE, "+84910000002")
    )
    assert "profile.held" not in await chat.says("/xemdulieu")


async def test_a_one_time_link_ends_with_the_proof_and_with_the_contact(desk: Desk) -> None:
    """By "thoát", and when the contact no longer stands in the record."""
    customer = await on_file(desk, email=None)
    chat = desk.chat("1", channel="messenger")
    for way in ("leave", "corrected"):
        await chat.says("/xacminh")
        await chat.presses("identity.way.choice.share")
        await chat.shares(PHONE)
        await chat.says("/xemdulieu")
        link = next(reply.link for reply in reversed(chat.last) if reply.link)
        token = link.url.split("#")[1]
        if way == "leave":
            await chat.says("thoát")
        else:
            await ContactPoint.filter(customer_id=customer.id).delete()
        assert await run_tx(partial(PageLink.spend, token, desk.time.now())) is None


@pytest.mark.parametrize("number", ["-", "#", "N/A", "0"])
async def test_a_placeholder_on_file_is_no_fact(desk: Desk, number: str) -> None:
    """What stands for "no number" opens nothing, however it is typed."""
    for name in ("Nguyễn Thị Thu Hà", "Trần Minh Quân"):
        draft = Customer.make(
            Profile(name, phone=PHONE_E164, birthday=date(1990, 5, 14), external_id=number),
            source="import",
            consent=None,
            last_contact_at=desk.time.now(),
            now=desk.time.now(),
        )
        draft.record.external_index = None  # a number that several records bear finds none of them
        await run_tx(partial(Customer.add, [draft]))
    chat = desk.chat()
    await chat.proves(PHONE)
    await chat.presses("T••• M••• Q•••")
    for typed in (number, "?", "n a"):
        assert (await chat.says(typed))[0] == "identity.fact.wrong"


async def test_a_record_is_not_opened_by_a_proof_that_has_idled_out(desk: Desk) -> None:
    """The question for a fact may still be open; the proof behind it is not."""
    for name in ("Nguyễn Thị Thu Hà", "Trần Minh Quân"):
        await on_file(desk, name, email=None)
    chat = desk.chat()
    await chat.proves(PHONE)
    await chat.presses("T••• M••• Q•••")
    desk.time.move(timedelta(minutes=20))
    assert await chat.says("14/05/1990") == ["engine.must_prove", "identity.way.ask"]


async def test_two_chats_that_prove_the_same_contact_at_once_both_do(desk: Desk) -> None:
    """Each tells the other, and neither is turned away."""
    await on_file(desk, email=None)
    chats = [desk.chat(str(number), channel="messenger") for number in range(4)]
    for chat in chats:
        await chat.says("/xacminh")
        await chat.presses("identity.way.choice.share")
    await asyncio.gather(*(chat.desk.engine().receive(chat.message(contact=None)) for chat in chats))
    said = await asyncio.gather(*(chat.shares(PHONE) for chat in chats))
    assert all("identity.proven" in one for one in said)


async def test_a_wish_does_not_grow_without_end(desk: Desk) -> None:
    """After so many words staff have enough, and it is said."""
    chat = desk.chat()
    await chat.says("nhân viên")
    for _ in range(MOST):
        assert (await chat.says("thêm một lời"))[0] == "human.kept"
    assert await chat.says("và một lời nữa") == ["human.enough"]
    assert await Outgoing.filter(outlet="staff").count() == 1


async def test_no_kept_message_is_kept_for_ever(desk: Desk) -> None:
    """What was edited or came late goes after a year, as all else."""
    chat = desk.chat()
    await chat.says("xin chào")
    await chat.delivers(chat.message(text="chào", edited=True))
    assert await Delivery.filter(message__isnull=False).count() == 1
    later = desk.time.now() + timedelta(days=366)
    assert await run_tx(lambda: Delivery.forget_kept(later - timedelta(days=365), 100)) == 2
    assert await Upload.all().count() == 0
