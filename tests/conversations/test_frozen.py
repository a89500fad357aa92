"""A record that waits to be erased: one answer wherever it is asked for, and the ways to keep it."""

from __future__ import annotations

import pytest

from chatbot.pages.notme import Result
from models.customer import Customer
from models.data_request import DataRequest, RequestState
from models.erasure import Erasure
from tests.cases import SHOP, staff_messages
from tests.chat import Desk
from tests.conftest import Database
from tests.erasures import by_link, by_mail, confirms, warned
from tests.people import EMAIL, PHONE, PHONE_E164, put_on_file

FROZEN = ["engine.frozen"]
NEED_THE_RECORD = (
    *("/xemdulieu", "/taidulieu", "/suadulieu", "/sualienhe", "/tuychon", "/aidaxem", "/xoadulieu"),
    *("/yeucau", "/matlienhe"),
)


@pytest.fixture
async def desk(database: Database) -> Desk:
    """A desk with one customer on file."""
    desk = Desk()
    await put_on_file(desk.time.now())
    return desk


async def test_while_it_waits_every_way_to_the_record_says_so_and_offers_the_undo(desk: Desk) -> None:
    """One text, nothing of the record."""
    chat = await confirms(desk)
    for command in NEED_THE_RECORD:
        assert await chat.says(command) == FROZEN
        assert [button.token for button in chat.last[-1].buttons] == ["go:keep"]


async def test_a_proof_in_another_chat_opens_only_the_undo(desk: Desk) -> None:
    """Whatever was to be opened by it; and what it keeps it opens."""
    await confirms(desk)
    other = desk.chat("other")
    await other.says("/xemdulieu")
    assert await by_mail(other) == ["identity.proven", *FROZEN]
    assert [button.token for button in other.last[-1].buttons] == ["go:keep"]
    assert await other.presses("go:keep") == ["keep.kept"]
    assert (await other.presses("go:profile"))[0] == "profile.held"


async def test_the_proof_by_which_it_was_kept_then_opens_the_record(desk: Desk) -> None:
    """Nobody is asked for a second code; and in words, from a chat that has just come."""
    await confirms(desk)
    other = desk.chat("other")
    await other.says("dung xoa du lieu cua toi nua")
    assert (await by_mail(other))[-1] == "keep.kept"
    assert (await other.says("/xemdulieu"))[0] == "profile.held"


async def test_what_was_begun_elsewhere_stops_at_the_next_word(desk: Desk) -> None:
    """A stored draft about the record is neither shown again nor taken further, and buttons shown before
    lead nowhere."""
    other = desk.chat("other")
    await other.says("/suadulieu")
    await by_mail(other)
    await other.presses("edit.choose.choice.full_name")
    await confirms(desk)
    assert await other.reads() == ["identity.proven_elsewhere", "contact.erasure.chat"]
    assert await other.says("Nguyễn Thu") == FROZEN
    assert await other.says("quay lại") == ["engine.back_at_start", "menu.ask"]
    assert (await Customer.filter(frozen_at=None).count()) == 0


@pytest.mark.parametrize("typed", ["quay lại", "xyzzy"])
async def test_an_open_question_about_the_record_is_not_asked_again(desk: Desk, typed: str) -> None:
    """Neither by going back nor because what was typed is no answer."""
    other = desk.chat("other")
    await other.says("/sualienhe")
    await by_mail(other)
    await other.presses("0900000001")
    await confirms(desk)
    await other.reads()
    said = await other.says(typed)
    assert said[-1:] == FROZEN
    assert not [key for key in said if key.startswith("contacts.")]


async def test_a_complaint_can_still_be_filed(desk: Desk) -> None:
    """It needs nobody's record."""
    chat = await confirms(desk)
    assert await chat.says("/khieunai") == ["complaint.category.ask"]
    assert await chat.says("/khongxoa") == ["keep.kept"]


async def test_one_changes_ones_mind(desk: Desk) -> None:
    """The record is as it was, the request taken back, staff told; a second time there is nothing to keep."""
    before = await Customer.all().first()
    chat = await confirms(desk)
    assert await chat.says("/khongxoa") == ["keep.kept"]
    [request] = await DataRequest.all()
    assert request.state is RequestState.WITHDRAWN
    assert await Erasure.all().count() == 0
    after = await Customer.all().first()
    assert before
    assert after
    assert (after.profile, after.frozen_at) == (before.profile, None)
    assert (await chat.says("/xemdulieu"))[0] == "profile.held"
    assert await chat.says("/khongxoa") == ["keep.nothing"]
    assert f"[keep.staff] {request.code}" in await staff_messages()


async def test_the_undo_is_also_understood_as_plain_words(desk: Desk) -> None:
    """In both languages, whatever the accents; but only so often a day, as each time every contact is
    warned."""
    chat = await confirms(desk)
    for words in ("Không xoá nữa", "đừng xoá", "/keepmydata", "do not erase", "thôi tôi không muốn xoá nữa"):
        assert await chat.says(words) == ["keep.kept"]
        last = await chat.says("/xoadulieu")
        await chat.says("xoá dữ liệu")
    assert last == ["erase.often"]


@pytest.mark.parametrize(
    "words", ["tôi đổi ý rồi", "doi y roi", "bao gio xoa xong", "alo", "I changed my mind"]
)
async def test_what_is_not_understood_is_answered_with_how_it_stands(desk: Desk, words: str) -> None:
    """Until when, and the undo: who writes while their record waits writes about that."""
    chat = await confirms(desk)
    assert await chat.says(words) == FROZEN
    assert [button.token for button in chat.last[-1].buttons] == ["go:keep"]


async def test_every_contact_is_warned_and_undoes_it_by_its_link(desk: Desk) -> None:
    """Once, without a word of the record; the chat that asked hears of it. A link that nothing waits for
    does nothing."""
    chat = await confirms(desk)
    links = await warned()
    assert set(links) == {PHONE_E164, EMAIL}
    assert await by_link(desk, links[EMAIL]) is Result.KEPT
    assert await chat.reads() == ["keep.told"]
    assert (await chat.says("/xemdulieu"))[0] == "profile.held"
    assert await by_link(desk, links[PHONE_E164]) is Result.GONE


async def test_a_contact_that_was_taken_away_before_stops_it_too(desk: Desk) -> None:
    """Whoever takes over an open chat may change the contacts first: the owner undoes both at once."""
    chat = desk.chat()
    await chat.says("/sualienhe")
    await by_mail(chat)
    await chat.presses("0900000001")
    await chat.presses("contacts.act.choice.remove")
    await chat.presses("contacts.review.choice.save")
    await chat.says("/xoadulieu")
    await chat.says("xoa du lieu")
    assert PHONE_E164 in await warned()
    owner = desk.chat("owner")
    await owner.proves(PHONE)
    assert await owner.says("/khongphaitoi") == [*("keep.kept", "objection.undone", "request.told.elsewhere")]
    record = await Customer.load((await Customer.all())[0].id)
    assert record
    assert record.opened().phone == PHONE_E164


async def test_the_link_of_an_earlier_change_stops_it_too(desk: Desk) -> None:
    """What undoes a change of contacts keeps the record first."""
    chat = desk.chat()
    await chat.says("/sualienhe")
    await by_mail(chat)
    await chat.presses("0900000001")
    await chat.presses("contacts.act.choice.remove")
    await chat.presses("contacts.review.choice.save")
    earlier = (await warned())[EMAIL]
    await chat.says("/xoadulieu")
    await chat.says("xoa du lieu")
    assert await by_link(desk, earlier) is Result.UNDONE
    assert await Erasure.all().count() == 0


async def test_once_it_has_begun_nothing_stops_it(desk: Desk) -> None:
    """And the answer says so, wherever one asks."""
    chat = await confirms(desk)
    link = (await warned())[EMAIL]
    desk.time.move(SHOP.undo)
    await Erasure.all().update(begun_at=desk.time.now())
    await chat.says("/xemdulieu")
    assert await by_mail(chat) == ["identity.proven", "engine.erasing"]
    assert await chat.says("/xemdulieu") == ["engine.erasing"]
    assert await chat.says("/khongxoa") == ["keep.too_late"]
    assert await chat.says("/khongphaitoi") == ["objection.nothing"]
    assert await by_link(desk, link) is Result.TOO_LATE
    assert await Customer.filter(frozen_at=None).count() == 0


async def test_who_shares_the_contact_is_not_frozen_with_it(desk: Desk) -> None:
    """Two records behind one number: the other one is asked for a fact as ever, and hears that one waits."""
    await put_on_file(desk.time.now(), "Trần Văn Ba", email=None, external_id="PS00888", birthday=None)
    await confirms(desk)
    other = desk.chat("other")
    assert await other.proves(PHONE) == ["identity.proven", "identity.one_waits", "identity.record.ask"]
    assert len(other.last[-1].buttons) == 2
    await other.says("1")
    assert (await other.says("PS00888"))[0] == "identity.proven"
    assert (await other.says("/xemdulieu"))[0] == "profile.held"
    assert await other.says("/khongxoa") == ["keep.kept"]
