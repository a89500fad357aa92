"""Mất liên hệ cũ and Không phải tôi, as transcripts; and what becomes of a claim in the end."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

import pytest

from chatbot.crypto import SealBroken
from chatbot.messages import Address, FileRef, Reply
from chatbot.texts import Texts
from handlers.claims import settle_claims
from models.chat import Chat
from models.claim_states import ClaimState
from models.contact_claim import CLAIMS_OF_CHAT, CLAIMS_ON_CONTACT, OBJECTION, PATIENCE, ContactClaim
from models.customer import Customer
from models.database import run_tx
from models.event import Event, Tag
from models.keys import SubjectKey, new_id
from models.outgoing import Outgoing, Purpose, State
from tests.cases import SHOP, Watch, staff_messages
from tests.chat import CustomerChat, Desk, code_for
from tests.conftest import Database
from tests.people import FULL, NAME, PHONE, put_on_file

NEW = "moi@example.com"
WAY = ["engine.must_prove", "identity.way.ask"]
PHOTO = FileRef("handle", "cccd.jpg", "image/jpeg", 1000)


@pytest.fixture
async def desk(database: Database) -> Desk:
    """A desk with one customer on file."""
    desk = Desk()
    await put_on_file(desk.time.now())
    return desk


async def proves_new(chat: CustomerChat, address: str = NEW) -> list[str]:
    """Go on from the question how to verify, with a new address."""
    await chat.presses("identity.way.choice.email")
    await chat.says(address)
    return await chat.says(await code_for(address))


async def tells(chat: CustomerChat, old: str = PHONE, name: str = NAME, new: str = NEW) -> list[list[str]]:
    """The whole of it, up to the last look; what was said to each answer."""
    heard = [await chat.says("/matlienhe"), await proves_new(chat, new)]
    heard += [await chat.says(old), await chat.says(name), await chat.says("14/5/1990")]
    return [*heard, await chat.presses("lost_contact.address.choice.unknown"), await chat.says("PS00777")]


async def asks(chat: CustomerChat, new: str = NEW) -> ContactClaim:
    """A claim that was sent."""
    await tells(chat, new=new)
    await chat.presses("lost_contact.review.choice.send")
    return await the_claim()


async def the_claim() -> ContactClaim:
    """The last claim, with its chat."""
    last = await ContactClaim.all().order_by("-id").first()
    assert last
    found = await run_tx(partial(ContactClaim.find, last.id))
    assert found
    return found


async def approved(
    claim: ContactClaim, now: datetime, warning: State = State.SENT, after: timedelta = timedelta(0)
) -> None:
    """A lead approves; what becomes of the warning to the old contact, and how long after that."""
    [record] = await claim.records()
    assert await run_tx(lambda: claim.approve(record, new_id(), "Khớp.", now))
    to, words = Address("sms", FULL["phone"] or ""), Reply("Có người xin thêm liên hệ mới")
    await run_tx(lambda: Outgoing.to_contact(record.key, to, words, now, purpose=Purpose.NOTICE))
    row = await Outgoing.get(subject=record.id, created_at=now)
    await Outgoing.filter(id=row.id).update(state=warning, settled_at=row.queued_at + after)


async def settled(desk: Desk) -> int:
    """What the clock asks for."""
    now = desk.time.now()
    return await settle_claims(SHOP, Watch().tell, now, now)


async def test_from_the_question_how_to_verify_to_the_claim(desk: Desk) -> None:
    """The new contact is proven first; then the old one and what else is known; nothing is shown."""
    chat = desk.chat()
    assert await chat.says("/xemdulieu") == ["menu.notice", *WAY]
    assert await chat.presses("identity.way.choice.lost") == ["identity.lost", *WAY]
    assert await proves_new(chat) == ["identity.proven", "identity.nothing_held", "lost_contact.old.ask"]
    assert await chat.says("gì cơ") == ["answer.contact.invalid", "lost_contact.old.ask"]
    assert await chat.says(PHONE) == ["lost_contact.name.ask"]
    assert await chat.sends(PHOTO) == ["engine.files_not_needed", "lost_contact.name.ask"]
    assert await chat.says(NAME) == ["lost_contact.birthday.ask"]
    assert await chat.says("14/5/1990") == ["lost_contact.address.ask"]
    assert await chat.presses("lost_contact.address.choice.unknown") == ["lost_contact.number.ask"]
    assert await chat.presses("lost_contact.number.choice.unknown") == ["lost_contact.review.ask"]
    assert await chat.presses("lost_contact.review.choice.edit") == ["lost_contact.old.ask"]
    await chat.says(str(FULL["email"]))
    await chat.says(NAME)
    await chat.presses("lost_contact.birthday.choice.unknown")
    await chat.presses("lost_contact.address.choice.unknown")
    assert await chat.says("PS00777") == ["lost_contact.review.ask"]
    assert await chat.presses("lost_contact.review.choice.send") == ["lost_contact.asked"]
    claim = await the_claim()
    told = claim.opened()
    assert (claim.state, claim.customer) == (ClaimState.ASKED, None)
    assert (told.old, told.new, told.name, told.number) == (FULL["email"], NEW, NAME, "PS00777")
    assert (told.birthday, told.address) == ("", "")
    assert await Event.filter(tag=Tag.CONTACT_ASKED).count() == 1
    assert await staff_messages() == ["[contact.staff.asked]"]
    assert (await chat.says("/xemdulieu"))[-1] == "engine.nothing_held"


async def test_two_facts_are_needed(desk: Desk) -> None:
    """With fewer there is nothing to compare: it is said, and asked again."""
    chat = desk.chat()
    await chat.says("/matlienhe")
    await proves_new(chat)
    await chat.says(PHONE)
    await chat.says(NAME)
    for fact in ("birthday", "address"):
        await chat.presses(f"lost_contact.{fact}.choice.unknown")
    assert await chat.presses("lost_contact.number.choice.unknown") == [
        "lost_contact.too_few",
        "lost_contact.name.ask",
    ]


async def test_whether_the_old_contact_is_on_file_cannot_be_seen(desk: Desk) -> None:
    """Nor whether the facts are right: the same words, the same standing, up to a lead's decision."""
    heard = []
    for number, (old, name) in enumerate(((PHONE, NAME), ("0910000002", "Ai Đó"), (PHONE, "Ai Đó"))):
        chat = desk.chat(str(number))
        said = await tells(chat, old, name, f"moi{number}@example.com")
        said.append(await chat.presses("lost_contact.review.choice.send"))
        heard.append([*said, await chat.says("/matlienhe")])
    assert heard[0] == heard[1] == heard[2]
    assert heard[0][-1] == ["lost_contact.stands.asked"]


async def test_a_messenger_is_told_nothing_personal(database: Database) -> None:
    """Outside the shop's own server not even what was just typed is repeated in full."""
    desk = Desk(texts=Texts)
    await put_on_file(desk.time.now())
    chat = desk.chat(channel="messenger")
    for text in ("/matlienhe", "3", NEW):
        await chat.says(text)
    await chat.says(await code_for(NEW))
    for text in (PHONE, NAME, "14/5/1990", "12 Hàng Bạc", "PS00777"):
        await chat.says(text)
    text = chat.last[-1].text
    assert "090••••001" in text
    for value in (NAME, "1990", "Hàng Bạc", "PS00777", NEW, "0900000001"):
        assert value not in text


async def test_the_proof_must_live_when_it_is_sent(desk: Desk) -> None:
    """After an idle quarter of an hour it is asked for again, and nothing that was typed is lost."""
    chat = desk.chat()
    await tells(chat)
    desk.time.move(timedelta(minutes=16))
    assert await chat.presses("lost_contact.review.choice.send") == WAY
    assert (await proves_new(chat))[-1] == "lost_contact.asked"
    assert (await the_claim()).opened().name == NAME


async def test_a_contact_that_can_be_proven_is_not_lost(desk: Desk) -> None:
    """Whoever names as the old contact the one just proven is told so."""
    chat = desk.chat()
    await chat.says("/matlienhe")
    await proves_new(chat)
    assert await chat.says(NEW.upper()) == ["lost_contact.still_yours"]
    assert await ContactClaim.all().count() == 0


async def test_claims_are_few_per_chat_and_per_contact(desk: Desk) -> None:
    """One at a time, so many a day from a chat, and so many a day on one old contact, whoever asks."""
    chat = desk.chat()
    for number in range(CLAIMS_OF_CHAT.most):
        claim = await asks(chat, f"moi{number}@example.com")
        assert (await chat.says("/matlienhe")) == ["lost_contact.stands.asked"]
        assert await run_tx(partial(claim.refuse, new_id(), "Chưa đủ.", desk.time.now()))
        await chat.says("/thoat")
        desk.time.move(timedelta(minutes=30))  # only so many codes an hour
    await tells(chat, "0910000005")
    assert await chat.presses("lost_contact.review.choice.send") == ["lost_contact.too_many"]
    assert CLAIMS_ON_CONTACT.most == CLAIMS_OF_CHAT.most
    other = desk.chat("other")
    await tells(other, new="khac@example.com")
    assert await other.presses("lost_contact.review.choice.send") == ["lost_contact.too_many"]
    desk.time.move(timedelta(hours=25))
    assert (await asks(desk.chat("late"))).state is ClaimState.ASKED


async def test_after_72_hours_without_objection_the_new_contact_opens_the_record(desk: Desk) -> None:
    """Not before, and only by proving it: the approval itself shows nothing."""
    chat = desk.chat()
    claim = await asks(chat)
    await approved(claim, desk.time.now())
    assert await chat.says("/matlienhe") == ["lost_contact.stands.approved"]
    desk.time.move(OBJECTION - timedelta(seconds=1))
    assert await settled(desk) == 0
    assert await chat.says("/xemdulieu") == WAY
    assert (await proves_new(chat))[-1] == "identity.nothing_held"
    desk.time.move(timedelta(seconds=1))
    assert (await settled(desk), await settled(desk)) == (1, 0)
    assert (await chat.replies())[-1].text.startswith("Liên hệ mới của quý khách đã được thêm")
    [event] = await Event.filter(tag=Tag.CONTACT_OPENED)
    assert (event.chat, event.customer) == (claim.chat.id, (await ContactClaim.get()).customer)
    await chat.says("/thoat")
    assert await chat.says("/xemdulieu") == WAY
    said = await proves_new(chat)
    assert said[:2] == ["identity.proven", "profile.held"]
    assert said.count("profile.line.email") == 2
    await chat.says("/thoat")
    owner = desk.chat("owner")
    await owner.proves(PHONE)
    assert (await owner.says("/xemdulieu"))[0] == "profile.held"


@pytest.mark.parametrize("warning", [State.FAILED, State.UNKNOWN, State.QUEUED])
async def test_nothing_opens_where_nobody_was_warned(desk: Desk, warning: State) -> None:
    """The gateway refused it, or never answered: there was no time to object."""
    chat = desk.chat()
    await approved(await asks(chat), desk.time.now(), warning)
    desk.time.move(OBJECTION)
    assert await settled(desk) == 1
    assert (await ContactClaim.get()).state is ClaimState.EXPIRED
    assert (await chat.replies())[-1].text.startswith("Yêu cầu thêm liên hệ mới không thực hiện được")
    assert "không gửi được cảnh báo" in (await staff_messages())[-1]


async def test_the_time_to_object_is_whole_where_the_warning_was_late(desk: Desk) -> None:
    """Of a gateway that took it after 20 hours the contact opens 20 hours later."""
    await approved(await asks(desk.chat()), desk.time.now(), after=timedelta(hours=20))
    for hours, done in ((0, 0), (19, 0), (20, 1)):
        desk.time.move(OBJECTION if hours == 0 else timedelta(hours=19 if hours == 19 else 1))
        assert await settled(desk) == done
    assert (await ContactClaim.get()).state is ClaimState.OPEN


async def test_whoever_has_the_old_contact_is_told_and_stops_it(desk: Desk) -> None:
    """They prove it, are told on the spot, and one press ends the claim; nothing opens, staff hear of it."""
    thief, owner = desk.chat("thief"), desk.chat("owner")
    claim = await asks(thief)
    await owner.proves(PHONE)
    assert await owner.says("/khongphaitoi") == ["objection.nothing"]
    await approved(claim, desk.time.now())
    await owner.says("/xacminh")
    await owner.presses("identity.way.choice.phone")
    await owner.says(PHONE)
    assert await owner.says(await code_for(PHONE)) == ["identity.proven", "objection.warning"]
    assert await owner.presses("menu.choice.objection") == ["objection.stopped"]
    assert await thief.reads() == ["contact.told.objected"]
    assert (await staff_messages())[-1] == "[contact.staff.objected]"
    assert (await Event.get(tag=Tag.CONTACT_OBJECTED)).chat == claim.chat.id
    desk.time.move(OBJECTION)
    assert await settled(desk) == 0
    assert (await ContactClaim.get()).state is ClaimState.OBJECTED
    assert (await thief.says("/xemdulieu"))[-2:] == WAY
    assert (await proves_new(thief))[-1] == "identity.nothing_held"


async def test_only_a_contact_of_the_record_stops_a_claim(desk: Desk) -> None:
    """Neither somebody else's, nor the very contact that is claimed, nor one that is only typed."""
    chat, stranger = desk.chat("1"), desk.chat("2")
    await approved(await asks(chat), desk.time.now())
    assert await chat.says("/khongphaitoi") == ["objection.nothing"]
    assert await stranger.says("/khongphaitoi") == ["menu.notice", *WAY]
    await proves_new(stranger, "khac@example.com")
    assert await stranger.says("/khongphaitoi") == ["objection.nothing"]
    assert (await ContactClaim.get()).state is ClaimState.APPROVED


async def _gone(record: UUID) -> None:
    await Customer.filter(id=record).delete()


async def _given_up(record: UUID) -> None:
    """Nothing to do with the record: nobody decides."""


@pytest.mark.parametrize("happens", [_gone, _given_up])
async def test_what_can_be_opened_no_more_is_said_to_be_over(
    desk: Desk, happens: Callable[[UUID], object]
) -> None:
    """A record that has gone since the approval, or nobody who decided: the customer and staff are told."""
    chat = desk.chat()
    claim = await asks(chat)
    if happens is _gone:
        await approved(claim, desk.time.now())
        await Customer.all().delete()
    desk.time.move(OBJECTION if happens is _gone else PATIENCE)
    assert await settled(desk) == 1
    assert (await ContactClaim.get()).state is ClaimState.EXPIRED
    assert (await chat.replies())[-1].text.startswith("Yêu cầu thêm liên hệ mới không thực hiện được")
    assert ("đã thay đổi" in (await staff_messages())[-1]) == (happens is _gone)
    assert await Event.filter(tag=Tag.CONTACT_EXPIRED).count() == 1


async def test_a_claim_that_opens_no_more_holds_up_nobody(desk: Desk) -> None:
    """Of two on which nobody decided, one in a chat whose key is broken: the other's customer is told."""
    broken, chat = desk.chat("1"), desk.chat("2")
    first = await asks(broken)
    await asks(chat, "khac@example.com")
    await SubjectKey.filter(id=first.chat.id).update(wrapped=b"broken")
    desk.time.move(PATIENCE)
    with pytest.raises(SealBroken):
        await settled(desk)
    assert (await chat.replies())[-1].text.startswith("Yêu cầu thêm liên hệ mới không thực hiện được")
    assert (await ContactClaim.get(id=first.id)).state is ClaimState.ASKED


async def test_the_words_are_sealed_under_the_chats_key(desk: Desk) -> None:
    """They stand nowhere in the table as they are, and no other chat's key opens them."""
    claim = await asks(desk.chat())
    row = await ContactClaim.filter(id=claim.id).values()
    assert not any(word in str(row) for word in (NAME, NEW, "0900000001", "1990"))
    await desk.chat("2").says("/start")
    other = await Chat.find(desk.chat("2").address)
    assert other
    claim.chat = other
    with pytest.raises(SealBroken):
        claim.opened()
