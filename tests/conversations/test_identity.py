"""Xác minh, as transcripts."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta

import pytest

from chatbot.history import StoredHistory
from chatbot.messages import Address, Kind
from handlers.sweeps import hide_shown
from models.customer import Customer, Profile
from models.database import run_tx
from models.event import Event, Tag
from models.proof import FRESH
from tests.chat import TEXTS, CustomerChat, Desk, code_for, codes_sent
from tests.conftest import Database

PHONE, PHONE_E164 = "0900 000 001", "+84900000001"
EMAIL = "thuha.nguyen@example.com"


@pytest.fixture
def desk(database: Database) -> Desk:
    """A desk over an open database."""
    return Desk()


async def on_file(desk: Desk, name: str = "Nguyễn Thị Thu Hà", **more: object) -> Customer:
    """Put a customer on file."""
    values = {"phone": PHONE_E164, "email": EMAIL, "birthday": date(1990, 5, 14), **more}
    draft = Customer.make(
        Profile(name, **values),  # type: ignore[arg-type]
        source="import",
        consent=None,
        last_contact_at=desk.time.now() - timedelta(days=30),
        now=desk.time.now() - timedelta(days=10),
    )
    await run_tx(lambda: Customer.add([draft]))
    return draft.record


async def test_a_code_to_the_phone_on_file_opens_the_record(desk: Desk) -> None:
    """From the first words to one's own data."""
    await on_file(desk)
    chat = desk.chat()
    assert await chat.says("/start") == ["menu.notice", "menu.ask"]
    assert await chat.presses("menu.choice.profile") == ["engine.must_prove", "identity.way.ask"]
    assert await chat.presses("identity.way.choice.phone") == ["identity.phone.ask"]
    assert await chat.says(PHONE) == ["identity.sent.phone", "identity.code.ask"]
    said = await chat.says(await code_for(PHONE))
    assert said[:2] == ["identity.proven", "profile.held"]
    assert "profile.line.address" not in said
    assert "profile.line.birthday" in said


async def test_a_contact_that_is_typed_at_once_gets_its_code(desk: Desk) -> None:
    """Without first choosing how to be sent one."""
    await on_file(desk)
    chat = desk.chat()
    await chat.says("/xacminh")
    assert await chat.says("số của tôi là 0900 000 001 ạ") == ["identity.sent.phone", "identity.code.ask"]
    await chat.presses("identity.code.choice.other")
    assert await chat.says(EMAIL) == ["identity.sent.email", "identity.code.ask"]
    assert (await chat.says(await code_for(EMAIL)))[0] == "identity.proven"
    assert await desk.chat("2").says("0900000001") != ["identity.sent.phone", "identity.code.ask"]


async def test_a_code_works_once(desk: Desk) -> None:
    """The same code a second time is refused, in another chat too."""
    await on_file(desk)
    chat = desk.chat()
    await chat.proves(PHONE)
    code = await code_for(PHONE)
    await chat.says("/xacminh")
    await chat.presses("identity.way.choice.phone")
    await chat.says(PHONE)
    newer = await code_for(PHONE)
    if newer != code:
        assert await chat.says(code) == ["identity.code.wrong", "identity.code.ask"]


async def test_a_code_lives_five_minutes(desk: Desk) -> None:
    """After that it is refused and a new one offered, without costing a guess."""
    await on_file(desk)
    chat = desk.chat()
    await chat.says("/xacminh")
    await chat.presses("identity.way.choice.phone")
    await chat.says(PHONE)
    code = await code_for(PHONE)
    desk.time.move(timedelta(minutes=5))
    assert await chat.says(code) == ["identity.code.expired", "identity.code.ask"]
    assert await chat.presses("identity.code.choice.resend") == ["identity.sent.phone", "identity.code.ask"]
    assert (await chat.says(await code_for(PHONE)))[0] == "identity.proven"


async def test_a_landline_on_file_gets_no_short_message(desk: Desk) -> None:
    """It could not take one, and the gateway's refusal would tell that it is on file."""
    await on_file(desk, phone="+842438220001")
    chat = desk.chat()
    await chat.says("/xacminh")
    await chat.presses("identity.way.choice.phone")
    assert await chat.says("024 3822 0001") == ["identity.sent.phone", "identity.code.ask"]
    assert [decoy for _, _, decoy in await codes_sent()] == [True]


async def test_whether_a_number_is_on_file_cannot_be_seen(desk: Desk) -> None:
    """Same words for a number on file and one that is not; for the latter nothing is sent."""
    await on_file(desk)
    known, unknown = desk.chat("1"), desk.chat("2")
    transcripts = []
    for chat, phone in ((known, PHONE), (unknown, "0910000002")):
        heard = [await chat.says("/xacminh"), await chat.presses("identity.way.choice.phone")]
        heard.append(await chat.says(phone))
        heard.append(await chat.says("000000"))
        transcripts.append(heard)
    assert transcripts[0] == transcripts[1]
    assert [(to, decoy) for to, _, decoy in await codes_sent()] == [
        (PHONE_E164, False),
        ("+84910000002", True),
    ]


async def test_the_code_of_a_number_not_on_file_is_never_right(desk: Desk) -> None:
    """Even the code that a decoy holds proves nothing."""
    chat = desk.chat()
    await chat.says("/xacminh")
    await chat.presses("identity.way.choice.phone")
    await chat.says(PHONE)
    assert (await chat.says(await code_for(PHONE)))[0] == "identity.code.wrong"


async def test_five_wrong_guesses_shut_the_way_for_a_day_and_the_owner_is_told(desk: Desk) -> None:
    """Whoever guesses; the right code no longer counts, another way stays open."""
    await on_file(desk)
    owner = desk.chat("owner", channel="messenger")
    await owner.says("/start")
    await owner.says("/xacminh")
    await owner.presses("identity.way.choice.share")
    await owner.shares(PHONE)
    for number in range(5):
        thief = desk.chat(f"thief{number}")
        if number == 4:
            desk.time.move(timedelta(hours=2))  # only four codes an hour go to one contact
        await thief.says("/xacminh")
        await thief.presses("identity.way.choice.phone")
        if number < 4:
            await thief.says(PHONE)
            assert (await thief.says("000000" if await code_for(PHONE) != "000000" else "000001"))[
                0
            ] == "identity.code.wrong"
            continue
        await thief.says(PHONE)
        assert (await thief.says("000000"))[0] == "identity.shut"
    assert await owner.reads() == ["identity.warning"]
    assert any("identity.warning" in text for to, text, _ in await codes_sent() if to == PHONE_E164)
    other = desk.chat("other")
    await other.says("/xacminh")
    await other.presses("identity.way.choice.phone")
    assert (await other.says(PHONE))[0] == "identity.shut_short"
    await other.presses("identity.phone.choice.other")
    await other.presses("identity.way.choice.email")
    await other.says(EMAIL)
    assert (await other.says(await code_for(EMAIL)))[0] == "identity.proven"
    desk.time.move(timedelta(hours=25))
    late = desk.chat("late")
    await late.proves(PHONE)


async def test_a_hundred_guesses_at_once_are_a_hundred_guesses(desk: Desk) -> None:
    """Of parallel guesses at most five are compared at all."""
    await on_file(desk)
    chats = [desk.chat(f"c{number}") for number in range(100)]
    first = chats[0]
    await first.says("/xacminh")
    await first.presses("identity.way.choice.phone")
    await first.says(PHONE)
    code = await code_for(PHONE)
    wrong = [f"{number:06d}" for number in range(100) if f"{number:06d}" != code][:99]
    engine = desk.engine()
    messages = [first.message(text=text) for text in wrong]
    await asyncio.gather(*(engine.receive(message) for message in messages))
    assert await Event.filter(tag=Tag.CODE_WRONG).count() == 5
    # The way is shut now, so the right one does not help either.
    assert "identity.proven" not in await first.says(code)


async def test_an_address_that_is_not_on_file_can_be_proven_and_is_told_so(desk: Desk) -> None:
    """An e-mail gets its code in any case; the shop holds nothing on it, and says so."""
    chat = desk.chat()
    await chat.says("/xemdulieu")
    await chat.presses("identity.way.choice.email")
    assert await chat.says("nguoila@example.com") == ["identity.sent.email", "identity.code.ask"]
    assert await chat.says(await code_for("nguoila@example.com")) == [
        "identity.proven",
        "identity.nothing_held",
    ]
    assert await chat.says("/xemdulieu") == ["engine.nothing_held"]


async def test_where_nothing_is_held_another_contact_is_offered(desk: Desk) -> None:
    """The customer may have given the shop another number or address."""
    chat = desk.chat()
    await chat.says("/xacminh")
    await chat.presses("identity.way.choice.email")
    await chat.says("nguoila@example.com")
    await chat.says(await code_for("nguoila@example.com"))
    assert await chat.presses("menu.choice.identity") == ["identity.way.ask"]


async def test_a_shared_contact_counts_only_if_it_is_the_senders_own(desk: Desk) -> None:
    """Someone else's card proves nothing; one's own proves at once."""
    await on_file(desk)
    chat = desk.chat(channel="messenger")
    await chat.says("/xacminh")
    assert await chat.presses("identity.way.choice.share") == ["identity.share.ask"]
    assert await chat.shares(PHONE, own=False) == ["answer.phone.not_own", "identity.share.ask"]
    assert await chat.says(PHONE) == ["answer.phone.not_shared", "identity.share.ask"]
    assert await chat.shares("84900000001") == ["identity.proven"]


async def test_a_proof_lasts_fifteen_idle_minutes(desk: Desk) -> None:
    """Each message keeps it; after a pause the desk asks again."""
    await on_file(desk)
    chat = desk.chat()
    await chat.proves(PHONE)
    for _ in range(3):
        desk.time.move(timedelta(minutes=14))
        assert (await chat.says("/xemdulieu"))[0] == "profile.held"
    desk.time.move(timedelta(minutes=15))
    assert await chat.says("/xemdulieu") == ["engine.must_prove", "identity.way.ask"]


async def test_a_proof_counts_in_its_own_chat_only_and_can_be_ended(desk: Desk) -> None:
    """Another chat must prove for itself; thoát ends it."""
    await on_file(desk)
    chat, other = desk.chat("1"), desk.chat("2")
    await chat.proves(PHONE)
    assert (await other.says("/xemdulieu"))[1:] == ["engine.must_prove", "identity.way.ask"]
    assert await chat.says("thoát") == ["leave.left"]
    assert await chat.says("/xemdulieu") == ["engine.must_prove", "identity.way.ask"]
    assert await desk.chat("3").says("/thoat") == ["menu.notice", "leave.nothing"]


async def test_another_chat_that_proves_the_same_contact_tells_the_first(desk: Desk) -> None:
    """The owner hears of it where the contact stands proven."""
    await on_file(desk)
    first, second = desk.chat("1"), desk.chat("2")
    await first.proves(PHONE)
    await first.reads()
    await second.proves(PHONE)
    assert await first.reads() == ["identity.proven_elsewhere"]


async def test_several_records_behind_one_contact_open_by_another_fact(desk: Desk) -> None:
    """They are listed by masked name, none is merged, and one opens after a fact on file."""
    await on_file(desk, "Nguyễn Thị Thu Hà", email=None)
    await on_file(desk, "Trần Minh Quân", email=None, birthday=date(1985, 11, 2), external_id="PS00002")
    chat = desk.chat()
    await chat.says("/xemdulieu")
    await chat.presses("identity.way.choice.phone")
    await chat.says(PHONE)
    assert await chat.says(await code_for(PHONE)) == ["identity.proven", "identity.record.ask"]
    labels = [button.label for button in chat.last[-1].buttons]
    assert labels == ["N••••• T•• T•• H•", "T••• M••• Q•••", "[identity.record.choice.other]"]
    assert await chat.presses("T••• M••• Q•••") == ["identity.fact.ask"]
    assert await chat.says("14/05/1990") == ["identity.fact.wrong", "identity.fact.ask"]
    said = await chat.says("2.11.1985")
    assert said[:2] == ["identity.proven", "profile.held"]


async def test_a_record_is_shut_after_five_wrong_facts(desk: Desk) -> None:
    """Guessing birthdays is limited like guessing codes."""
    for name in ("Nguyễn Thị Thu Hà", "Trần Minh Quân"):
        await on_file(desk, name, email=None)
    chat = desk.chat()
    await chat.proves(PHONE)
    await chat.presses("T••• M••• Q•••")
    for day in range(1, 5):
        assert (await chat.says(f"{day}/1/1970"))[0] == "identity.fact.wrong"
    assert await chat.says("5/1/1970") == ["identity.not_opened"]
    await chat.says("/xacminh")
    await chat.presses("T••• M••• Q•••")
    assert await chat.says("14/05/1990") == ["identity.not_opened"]


async def test_without_a_way_to_send_codes_the_desk_says_whom_to_write_to(database: Database) -> None:
    """A desk without SMS and mail, on a channel that proves no phone."""
    chat = Desk(codes=frozenset()).chat()
    assert await chat.says("/xacminh") == ["menu.notice", "identity.no_way"]


async def test_sending_codes_is_limited_per_chat_and_contact(desk: Desk) -> None:
    """The fifth code to one contact within an hour is refused, the way stays open for later."""
    chat = desk.chat()
    await chat.says("/xacminh")
    await chat.presses("identity.way.choice.phone")
    await chat.says(PHONE)
    for _ in range(3):
        assert (await chat.presses("identity.code.choice.resend"))[0] == "identity.sent.phone"
    assert (await chat.presses("identity.code.choice.resend"))[0] == "identity.too_many_codes"
    desk.time.move(timedelta(minutes=59))
    assert len(await codes_sent()) == 4


@pytest.mark.parametrize("kind", list(Kind))
async def test_a_one_way_desk_offers_one_way(database: Database, kind: Kind) -> None:
    """Only what the desk can send to is offered."""
    chat = Desk(codes=frozenset({kind})).chat()
    await chat.says("/xacminh")
    labels = [button.label for button in chat.last[-1].buttons]
    assert labels == [f"[identity.way.choice.{one}]" for one in (kind, "lost", "acting")]


async def shown_again(desk: Desk) -> str:
    """All that a reload of the page would show of chat 1."""
    entries = await StoredHistory(desk.texts(TEXTS.catalogues)).after(Address("web", "1"), 0, 100)
    return "\n".join(entry.reply.text for entry in entries if entry.reply)


@pytest.mark.parametrize("leaving", [True, False])
async def test_what_was_shown_is_hidden_when_the_proof_ends(desk: Desk, leaving: bool) -> None:
    """By "thoát", and by fifteen idle minutes: a reload shows nothing of the record any more."""
    await on_file(desk)
    chat = desk.chat("1")
    await chat.proves(PHONE)
    await chat.says("/xemdulieu")
    assert "profile.line.birthday" in await shown_again(desk)
    before = await StoredHistory(TEXTS).version(chat.address)
    if leaving:
        await chat.says("thoát")
    else:
        desk.time.move(timedelta(minutes=15))
        await run_tx(lambda: hide_shown(desk.time.now(), desk.time.now()))
    after = await shown_again(desk)
    assert "profile.line" not in after
    assert "profile.hidden" in after
    assert await StoredHistory(TEXTS).version(chat.address) != before
    assert await run_tx(lambda: hide_shown(desk.time.now(), desk.time.now())) == 0


async def hides(desk: Desk) -> int:
    """One turn of the sweep; in how many chats something was hidden."""
    return await run_tx(lambda: hide_shown(desk.time.now(), desk.time.now()))


async def strictly_shown(desk: Desk) -> CustomerChat:
    """A chat that was shown a record under stricter handling, and wrote again nine minutes later."""
    await on_file(desk)
    await Customer.all().update(stricter_since=desk.time.now())
    chat = desk.chat("1")
    await chat.proves(PHONE)
    await chat.says("/xemdulieu")
    desk.time.move(FRESH - timedelta(minutes=1))
    await chat.says("/menu")
    assert await hides(desk) == 0
    assert "profile.line.birthday" in await shown_again(desk)
    return chat


async def test_under_stricter_handling_what_was_shown_is_hidden_after_ten_minutes(desk: Desk) -> None:
    """Whatever was written meanwhile; also on a page that is merely left open."""
    await strictly_shown(desk)
    desk.time.move(timedelta(minutes=1))
    assert await hides(desk) == 1
    assert "profile.line" not in await shown_again(desk)
    while await hides(desk):
        pass
    assert await Event.filter(tag=Tag.PROOF_ENDED).count() == 1


async def test_under_stricter_handling_a_new_proof_keeps_it_shown(desk: Desk) -> None:
    """The same contact proven once more, until that is ten minutes old too."""
    chat = await strictly_shown(desk)
    await chat.proves(PHONE)
    desk.time.move(timedelta(minutes=1))
    assert await hides(desk) == 0
    assert "profile.line.birthday" in await shown_again(desk)
    desk.time.move(FRESH - timedelta(minutes=1))
    assert await hides(desk) == 1
    assert "profile.line" not in await shown_again(desk)


@pytest.mark.parametrize(("strict", "minutes"), [(False, 15), (True, 10)])
async def test_who_writes_after_the_end_of_a_proof_sees_nothing_of_before(
    desk: Desk, strict: bool, minutes: int
) -> None:
    """Also where no sweep has come by: the next one at a shared screen may be somebody else."""
    await on_file(desk)
    await Customer.all().update(stricter_since=desk.time.now() if strict else None)
    chat = desk.chat("1")
    await chat.proves(PHONE)
    await chat.says("/xemdulieu")
    desk.time.move(timedelta(minutes=minutes))
    await chat.says("/menu")
    assert "profile.line" not in await shown_again(desk)


async def test_a_live_proof_hides_nothing(desk: Desk) -> None:
    """Whoever is still there keeps seeing their data."""
    await on_file(desk)
    chat = desk.chat("1")
    await chat.proves(PHONE)
    await chat.says("/xemdulieu")
    desk.time.move(timedelta(minutes=14))
    assert await run_tx(lambda: hide_shown(desk.time.now(), desk.time.now())) == 0
    assert "profile.line.birthday" in await shown_again(desk)
