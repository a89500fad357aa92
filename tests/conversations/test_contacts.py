"""Sửa liên hệ: a new contact is proven first, the others are warned, and for 72 hours they can undo it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from chatbot.messages import Kind
from chatbot.pages.notme import Result, objected
from chatbot.texts import Texts
from models.change import Change, ChangeKind
from models.contact_change import UNDO, ContactChange
from models.customer import Customer, Profile
from models.data_request import DataRequest, RequestKind, RequestState
from models.database import run_tx
from models.deadline import Deadline
from models.event import Event, Tag
from models.intake import Columns, Incoming, Plan
from models.keys import SubjectKey
from models.outgoing import Outgoing
from models.promises import Promise
from models.request_contact import contact_of
from tests.cases import SHOP, staff_messages
from tests.chat import TEXTS, CustomerChat, Desk, code_for
from tests.conftest import Database
from tests.people import EMAIL, FULL, NAME, PHONE, PHONE_E164, put_on_file

NEW, NEW_E164 = "0910000002", "+84910000002"
NEW_MAIL = "moi@example.com"


@pytest.fixture
async def desk(database: Database) -> Desk:
    """A desk with one customer on file."""
    desk = Desk()
    await put_on_file(desk.time.now())
    return desk


async def by_mail(chat: CustomerChat, address: str = EMAIL) -> list[str]:
    """Prove an address, from the question how to verify."""
    await chat.presses("identity.way.choice.email")
    await chat.says(address)
    return await chat.says(await code_for(address))


async def begins(desk: Desk, user: str = "1") -> CustomerChat:
    """A web chat whose customer has just proven their address, and is asked which contact."""
    chat = desk.chat(user)
    await chat.says("/sualienhe")
    assert (await by_mail(chat))[-1] == "contacts.choose.ask"
    return chat


async def replaces(chat: CustomerChat) -> list[str]:
    """Replace the number on file by a new one."""
    await chat.presses("0900000001")
    assert await chat.presses("contacts.act.choice.replace") == ["contacts.phone.ask"]
    assert await chat.says(NEW) == ["contacts.sent", "contacts.code.ask"]
    assert await chat.says(await code_for(NEW)) == ["contacts.review.ask"]
    assert (await stored()).phone == PHONE_E164
    return await chat.presses("contacts.review.choice.save")


async def adds_mail(chat: CustomerChat) -> list[str]:
    """Add an address."""
    await chat.presses("contacts.choose.choice.add_email")
    await chat.says(NEW_MAIL)
    await chat.says(await code_for(NEW_MAIL))
    return await chat.presses("contacts.review.choice.save")


async def stored() -> Profile:
    """The first record."""
    first = await Customer.all().select_related("key").order_by("id").first()
    assert first
    return first.opened()


async def warned() -> dict[str, str]:
    """The token of the link in the warning, by the contact to which it went."""
    found = {}
    for row in await Outgoing.filter(outlet__in=["sms", "email"]).order_by("id"):
        key = await SubjectKey.of(row.subject)
        target, reply = row.opened_target(key), row.opened(key)
        if target and reply and reply.link:
            found[target.user] = reply.link.url.rpartition("/")[2]
    return found


async def by_link(desk: Desk, token: str) -> Result:
    """Press the button on the page behind the link."""
    now = desk.time.now()
    return await run_tx(lambda: objected(Texts(TEXTS.catalogues), SHOP, token, now))


async def test_a_number_is_replaced_once_the_new_one_is_proven(desk: Desk) -> None:
    """Until it is saved nothing changes; then the new one finds the record and the old one none."""
    chat = await begins(desk)
    assert await replaces(chat) == ["contacts.saved", "request.told.elsewhere"]
    profile, customer = await stored(), await Customer.get()
    assert (profile.phone, profile.corrected) == (NEW_E164, ("phone",))
    assert await Customer.behind(Kind.PHONE, NEW_E164) == (customer.id,)
    assert await Customer.behind(Kind.PHONE, PHONE_E164) == ()
    assert await Event.filter(tag=Tag.CONTACT_CHANGED).count() == 1
    assert customer.last_contact_at == desk.time.now()


async def test_every_contact_from_before_is_warned_with_a_link(desk: Desk) -> None:
    """The old number and the address; the new number is not; other chats of theirs are told how."""
    other = desk.chat("other")
    await other.says("/xacminh")
    await by_mail(other)
    await replaces(await begins(desk))
    assert set(await warned()) == {PHONE_E164, EMAIL}
    assert (await other.reads())[-1] == "contact.changed.chat"


async def test_the_old_number_undoes_it_by_the_link_and_once(desk: Desk) -> None:
    """The record has what it had; whoever changed it and staff are told; a second press changes nothing."""
    chat = await begins(desk)
    await replaces(chat)
    token = (await warned())[PHONE_E164]
    assert await by_link(desk, token) is Result.UNDONE
    assert await stored() == Profile(NAME, **FULL)
    assert await Customer.behind(Kind.PHONE, NEW_E164) == ()
    assert [one.text for one in await chat.replies()] == [
        TEXTS.get("vi", "contact.told.undone", email=SHOP.email)
    ]
    assert TEXTS.get("vi", "contact.staff.undone") in await staff_messages()
    assert await by_link(desk, token) is Result.UNDONE
    assert await Event.filter(tag=Tag.CONTACT_UNDONE).count() == 1


async def test_the_old_number_still_proves_who_one_is_for_the_undo_alone(desk: Desk) -> None:
    """It gets a code, opens no record, and undoes by a command."""
    await replaces(await begins(desk))
    owner = desk.chat("owner")
    said = await owner.proves(PHONE)
    assert said == ["identity.proven", "objection.changed"]
    assert await owner.says("/xemdulieu") == ["engine.nothing_held"]
    assert await owner.says("/khongphaitoi") == ["objection.undone", "request.told.elsewhere"]
    assert await stored() == Profile(NAME, **FULL)
    assert (await owner.says("/xacminh"))[-1] == "identity.way.ask"


@pytest.mark.parametrize("by", ["link", "chat"])
async def test_an_undo_is_a_change_for_the_other_systems_too(desk: Desk, by: str) -> None:
    """They have, or will be given, what was undone: a request of its own stays open, staff are told by
    number, and the list says by what the person is found there now."""
    await replaces(await begins(desk))
    if by == "link":
        await by_link(desk, (await warned())[PHONE_E164])
    else:
        owner = desk.chat("owner")
        await owner.proves(PHONE)
        await owner.says("/khongphaitoi")
    corrected, undone = await Change.all().order_by("id")
    assert (undone.kind, undone.what) == (ChangeKind.CORRECTED, "phone")
    assert ((await corrected.opened()).phone, (await undone.opened()).phone) == (PHONE_E164, NEW_E164)
    request = await DataRequest.get(id=undone.request)
    assert (request.kind, request.state) == (RequestKind.CORRECT, RequestState.OPEN)
    assert await contact_of(request) == (Kind.PHONE, PHONE_E164)
    assert (request.chat is None) is (by == "link")
    assert await Deadline.running(request.id, Promise.ANSWER) is None
    assert any(request.code in words for words in await staff_messages())


async def test_without_other_systems_an_undo_is_done_at_once(desk: Desk) -> None:
    """There is nothing to be told, and nothing left open."""
    await replaces(await begins(desk))
    alone, now = replace(SHOP, other_systems=()), desk.time.now()
    token = (await warned())[PHONE_E164]
    await run_tx(lambda: objected(Texts(TEXTS.catalogues), alone, token, now))
    assert await Change.all().count() == 1
    undone = await DataRequest.all().order_by("-number").first()
    assert undone
    assert (undone.kind, undone.state) == (RequestKind.CORRECT, RequestState.DONE)


async def test_whoever_proves_a_contact_meanwhile_is_told_of_the_change(desk: Desk) -> None:
    """In another chat than the one that made it, where it can be undone on the spot."""
    chat = await begins(desk)
    await replaces(chat)
    other = desk.chat("other")
    await other.says("/xacminh")
    assert await by_mail(other) == ["identity.proven", "objection.changed"]
    assert await other.presses("go:objection") == ["objection.undone", "request.told.elsewhere"]
    await chat.says("/xacminh")
    assert await by_mail(chat) == ["identity.proven"]


async def test_after_72_hours_nothing_is_undone(desk: Desk) -> None:
    """Neither by the link nor by proving the old number; what was kept for it is dropped."""
    await replaces(await begins(desk))
    token = (await warned())[PHONE_E164]
    desk.time.move(UNDO)
    assert await by_link(desk, token) is Result.GONE
    owner = desk.chat("owner")
    await owner.says("/xacminh")
    await by_mail(owner)
    assert await owner.says("/khongphaitoi") == ["objection.nothing"]
    assert (await stored()).phone == NEW_E164
    assert await ContactChange.forget(desk.time.now(), 10) == 1
    assert await by_link(desk, token) is Result.GONE


async def test_to_undo_the_first_change_undoes_those_after_it(desk: Desk) -> None:
    """Whoever took over a chat may have changed more than once; other corrections stay."""
    chat = await begins(desk)
    await adds_mail(chat)
    first = (await warned())[PHONE_E164]
    await chat.says("/suadulieu")
    await chat.presses("edit.choose.choice.note")
    await chat.says("Gọi sau 18 giờ")
    await chat.presses("edit.review.choice.save")
    await chat.says("/sualienhe")
    await replaces(chat)
    profile = await stored()
    assert (profile.phone, profile.added) == (NEW_E164, ((Kind.EMAIL, NEW_MAIL),))
    assert await by_link(desk, first) is Result.UNDONE
    profile = await stored()
    assert (profile.phone, profile.added, profile.note) == (PHONE_E164, (), "Gọi sau 18 giờ")
    assert profile.corrected == ("note",)
    assert await ContactChange.filter(undone_at=None).count() == 0


async def test_a_contact_is_removed_but_never_the_last(desk: Desk) -> None:
    """Without any nobody could prove who they are; what stands on file twice is refused as well."""
    chat = await begins(desk)
    await chat.presses("0900000001")
    assert await chat.presses("contacts.act.choice.remove") == ["contacts.review.ask"]
    assert await chat.presses("contacts.review.choice.save") == ["contacts.saved", "request.told.elsewhere"]
    assert (await stored()).contacts == ((Kind.EMAIL, EMAIL),)
    await chat.says("/sualienhe")
    await chat.presses(EMAIL)
    assert await chat.presses("contacts.act.choice.remove") == ["contacts.act.last", "contacts.act.ask"]
    await chat.presses("contacts.act.choice.replace")
    assert await chat.says(EMAIL.upper()) == ["contacts.already", "contacts.email.ask"]


async def test_what_can_get_no_code_is_refused_with_its_reason(desk: Desk) -> None:
    """A landline, what is no number, and a wrong code; nothing is changed."""
    chat = await begins(desk)
    await chat.presses("contacts.choose.choice.add_phone")
    assert await chat.says("02838000000") == ["contacts.phone.no_mobile", "contacts.phone.ask"]
    assert await chat.says("12") == ["answer.phone.invalid", "contacts.phone.ask"]
    await chat.says(NEW)
    right = await code_for(NEW)
    wrong = f"{(int(right) + 1) % 1_000_000:06d}"
    assert await chat.says(wrong) == ["contacts.code.wrong", "contacts.code.ask"]
    assert await stored() == Profile(NAME, **FULL)


async def test_the_proof_must_be_ten_minutes_young_at_every_step(desk: Desk) -> None:
    """An older one still shows one's data, but is asked for again here; nothing that was done is lost."""
    chat = await begins(desk)
    await chat.presses("0900000001")
    desk.time.move(timedelta(minutes=10))
    again = ["engine.must_prove_again", "identity.way.ask"]
    assert await chat.presses("contacts.act.choice.remove") == again
    assert (await by_mail(chat))[-1] == "contacts.review.ask"
    desk.time.move(timedelta(minutes=11))
    assert await chat.presses("contacts.review.choice.save") == again
    assert (await by_mail(chat))[-1] == "request.told.elsewhere"
    assert (await stored()).phone is None


async def test_proving_the_new_contact_is_no_fresh_proof_of_the_record(desk: Desk) -> None:
    """Nor does a contact of somebody else's, proven in the same chat, count."""
    chat = await begins(desk)
    await chat.says("/huy")
    desk.time.move(timedelta(minutes=11))
    await chat.says("/xacminh")
    await by_mail(chat, NEW_MAIL)
    assert await chat.says("/sualienhe") == ["engine.must_prove_again", "identity.way.ask"]


async def test_a_contact_of_another_record_is_taken_like_any_other(desk: Desk) -> None:
    """The same words and codes as for one that nobody has; the other record keeps it, nothing is merged."""
    other = await put_on_file(desk.time.now(), "Trần Văn Ba", phone=NEW_E164, email=None, external_id="B2")
    assert await replaces(await begins(desk)) == ["contacts.saved", "request.told.elsewhere"]
    assert len(await Customer.behind(Kind.PHONE, NEW_E164)) == 2
    loaded = await Customer.load(other.id)
    assert loaded
    assert loaded.opened().full_name == "Trần Văn Ba"


async def test_on_telegram_the_new_number_is_shared(desk: Desk) -> None:
    """The channel vouches for it, so no code is needed; what is typed there takes one."""
    chat = desk.chat(channel="messenger")
    await chat.says("/sualienhe")
    await chat.presses("identity.way.choice.share")
    assert (await chat.shares(PHONE))[-1] == "contacts.choose.ask"
    await chat.presses("contacts.choose.choice.add_phone")
    assert await chat.shares(NEW) == ["contacts.review.ask"]
    assert await chat.presses("contacts.review.choice.save") == ["contacts.saved", "request.told.elsewhere"]
    assert (await stored()).added == ((Kind.PHONE, NEW_E164),)


async def test_a_messenger_sees_contacts_masked(database: Database) -> None:
    """Before, after, and on every button."""
    desk = Desk(texts=Texts)
    await put_on_file(desk.time.now())
    chat = desk.chat(channel="messenger")
    for text in ("/sualienhe", "1"):
        await chat.says(text)
    await chat.shares(PHONE)
    seen = list(chat.last)
    await chat.says("1")
    await chat.says("1")
    await chat.shares(NEW)
    for reply in (*seen, *chat.last):
        words = reply.text + "".join(button.label for button in reply.buttons)
        for value in ("0900000001", NEW, EMAIL):
            assert value not in words
    assert "091••••002" in chat.last[-1].text


async def test_an_import_brings_no_replaced_number_back(desk: Desk) -> None:
    """What the customer corrected stays, and the contacts by which the record is found with it."""
    await replaces(await begins(desk))
    columns = Columns(frozenset({"full_name", "phone", "email"}), frozenset())
    row = Profile("Nguyễn Thu Hà", **{**FULL, "email": "khac@example.com"})
    plan = await Plan.make([Incoming(row, "PS00777")], columns, desk.time.now())
    await run_tx(partial(plan.write))
    profile = await stored()
    assert (profile.full_name, profile.phone, profile.email) == (
        "Nguyễn Thu Hà",
        NEW_E164,
        "khac@example.com",
    )
    assert await Customer.behind(Kind.PHONE, PHONE_E164) == ()
    assert len(await Customer.behind(Kind.PHONE, NEW_E164)) == 1
