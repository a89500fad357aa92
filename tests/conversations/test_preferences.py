"""Tuỳ chọn: messages per purpose, restriction, stricter handling; what is entered where."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from hashlib import sha256

import pytest

from chatbot.clock import local_date
from chatbot.messages import Person
from models.case import Case, CaseContact, Category, Statement
from models.change import Change, ChangeKind
from models.consent import TEXT_VERSION, Consent, Purpose
from models.customer import Customer
from models.data_request import DataRequest, RequestKind, RequestState
from models.database import run_tx
from models.deadline import Deadline
from models.event import Event, Tag
from models.keys import SYSTEM, SubjectKey, new_id, ring
from models.opt_outs import opt_outs
from models.outgoing import STAFF, Outgoing
from models.promises import Promise
from models.proof import FRESH
from models.record_opening import OpeningAsk, Reason, open_records
from models.roles import Role
from tests.chat import SHOP, TEXTS, CustomerChat, Desk
from tests.conftest import Database
from tests.people import EMAIL, PHONE, PHONE_E164, put_on_file

ASK = ["preferences.choose.ask"]
ELSEWHERE = "request.told.elsewhere"

FINGERPRINTS = {
    ("vi", "guides", 1): "596586985856",
    ("vi", "offers", 1): "4d4d2dacfd2e",
    ("vi", "birthday", 1): "e23c99f36fae",
    ("en", "guides", 1): "7feeb56a670e",
    ("en", "offers", 1): "b911440db145",
    ("en", "birthday", 1): "410eae6007f7",
}
"""Of every version of the words to which somebody may have said yes. Lines are only added."""


@pytest.fixture
async def chat(database: Database) -> CustomerChat:
    """A customer on file who has proven who they are, and stands before the choices."""
    desk = Desk()
    await put_on_file(desk.time.now())
    chat = desk.chat()
    await chat.proves(PHONE)
    assert await chat.says("/tuychon") == ASK
    return chat


async def the_customer() -> Customer:
    """The one on file."""
    return await Customer.get()


async def for_staff() -> list[str]:
    """What staff were told."""
    key = await SubjectKey.of(SYSTEM)
    rows = await Outgoing.filter(outlet=STAFF).order_by("id")
    return [reply.text for row in rows if (reply := row.opened(key))]


def test_words_that_are_agreed_to_have_a_version() -> None:
    """Whoever changes what a purpose says gives it the next version, so that each yes can be shown with the
    words that it answered."""
    for locale in TEXTS.locales:
        for purpose in Purpose:
            words = TEXTS.get(locale, f"preferences.purpose.{purpose}", shop="-")
            found = sha256(words.encode()).hexdigest()[:12]
            assert FINGERPRINTS[locale, purpose, TEXT_VERSION[purpose]] == found


async def test_nobody_is_signed_up_who_has_not_said_yes(chat: CustomerChat) -> None:
    """An imported yes is no consent: every purpose stands at no until the words were shown and agreed to."""
    customer = await the_customer()
    assert customer.consent == "yes"
    assert await Consent.standing(customer.id) == {}
    assert await chat.presses("preferences.offer.yes") == ["preferences.agree.ask"]
    assert await Consent.all().count() == 0
    assert await chat.presses("preferences.agree.choice.no") == ["preferences.agree.not", *ASK]
    assert await Consent.all().count() == 0


async def test_a_yes_is_kept_as_proof(chat: CustomerChat) -> None:
    """With purpose, language and version of the words, when, how, and a keyed hash of who said it."""
    await chat.says("2")
    assert await chat.presses("preferences.agree.choice.yes") == ["preferences.agree.noted", *ASK]
    [consent] = await Consent.all()
    assert (consent.purpose, consent.given, consent.text, consent.how) == (
        Purpose.OFFERS,
        True,
        "vi-1",
        "web",
    )
    assert consent.who_index == ring().blind_index("phone", PHONE_E164)
    assert consent.at == chat.desk.time.now()
    assert await DataRequest.all().count() == 0
    assert await Event.filter(tag=Tag.CONSENT_GIVEN, detail="offers").count() == 1


async def test_to_withdraw_takes_one_press(chat: CustomerChat) -> None:
    """It is a request to withdraw consent: here it takes effect at once, in the other systems within 15
    days, and staff are told by its number alone."""
    await chat.says("2")
    await chat.presses("preferences.agree.choice.yes")
    assert await chat.says("2") == ["preferences.stopped", ELSEWHERE, *ASK]
    standing = await Consent.standing((await the_customer()).id)
    assert not standing[Purpose.OFFERS].given
    [request] = await DataRequest.all()
    assert (request.kind, request.state) == (RequestKind.WITHDRAW, RequestState.OPEN)
    clock = await Deadline.running(request.id, Promise.STOP)
    assert clock
    assert clock.promised_on == local_date(chat.desk.time.now()) + timedelta(days=15)
    answered = await Deadline.get(about=request.id, promise=Promise.ANSWER)
    assert answered.met_at == request.filed_at
    [change] = await Change.all()
    assert (change.kind, change.what) == (ChangeKind.OPTED_OUT, "offers")
    assert (await change.opened()).email == EMAIL
    [told] = await for_staff()
    assert told == f"[request.task] {request.code}"


async def test_an_objection_in_plain_words(chat: CustomerChat) -> None:
    """The wish is understood; no to everything is one request, and a second no is none."""
    await chat.says("/menu")
    assert await chat.says("đừng nhắn tin quảng cáo nữa") == ASK
    assert await chat.presses("preferences.choose.choice.nothing") == ["preferences.stopped", ELSEWHERE, *ASK]
    [request] = await DataRequest.all()
    assert request.kind is RequestKind.OBJECT
    assert (await Change.get()).what == "guides offers birthday"
    assert await chat.presses("preferences.choose.choice.nothing") == ["preferences.stopped_before", *ASK]
    assert await DataRequest.all().count() == 1
    assert await chat.presses("preferences.choose.choice.enough") == ["preferences.kept"]
    [line] = await opt_outs()
    assert line == {
        "external_id": "PS00777",
        "phone": PHONE_E164,
        "email": EMAIL,
        "purposes": "birthday guides offers",
    }


async def test_a_restriction_stands_until_it_is_lifted(chat: CustomerChat) -> None:
    """Both ways are a request and a change; meanwhile the record is among the opt-outs, for everything."""
    assert await chat.presses("preferences.choose.choice.restrict") == [
        "preferences.use.restricted",
        ELSEWHERE,
        *ASK,
    ]
    assert (await the_customer()).restricted_at
    assert len(await opt_outs()) == 1
    assert await chat.presses("preferences.choose.choice.release") == [
        "preferences.use.released",
        ELSEWHERE,
        *ASK,
    ]
    assert (await the_customer()).restricted_at is None
    assert await opt_outs() == []
    kinds = [one.kind for one in await Change.all().order_by("id")]
    assert kinds == [ChangeKind.RESTRICTED, ChangeKind.RELEASED]
    assert {one.kind for one in await DataRequest.all()} == {RequestKind.RESTRICT}


async def test_under_stricter_handling_a_proof_does_not_last(chat: CustomerChat) -> None:
    """Whatever is written meanwhile: after ten minutes everything asks for a new one."""
    assert await chat.presses("preferences.choose.choice.stricter") == ["preferences.handling.stricter", *ASK]
    chat.desk.time.move(FRESH - timedelta(minutes=1))
    assert (await chat.says("/xemdulieu"))[0] == "profile.held"
    chat.desk.time.move(timedelta(minutes=1))
    assert (await chat.says("/xemdulieu"))[0] == "engine.must_prove"


async def test_staff_ask_before_they_open_a_strict_record(chat: CustomerChat) -> None:
    """They see nothing until the customer has said yes in the chat, and then for a day; a no is a no."""
    await chat.presses("preferences.choose.choice.stricter")
    case, mai, now = await a_case(), new_id(), chat.desk.time.now()

    async def opens(reason: Reason = Reason.EXAMINE) -> tuple[int, int, int]:
        found = await run_tx(lambda: open_records(case, mai, Role.AGENT, reason, chat.desk.time.now()))
        return len(found.records), len(found.asked), len(found.waiting)

    assert await opens() == (0, 1, 1)
    assert await opens() == (0, 0, 1)  # asked once
    assert await Event.filter(tag=Tag.RECORD_SHOWN).count() == 0
    assert await chat.says("/tuychon") == ["preferences.leave.ask"]
    assert await chat.presses("preferences.leave.choice.no") == ["preferences.leave.said.no", *ASK]
    assert await opens() == (0, 1, 1)
    await chat.says("/tuychon")
    assert await chat.presses("preferences.leave.choice.yes") == ["preferences.leave.said.yes", *ASK]
    assert await opens() == (1, 0, 0)
    assert await Event.filter(tag=Tag.RECORD_SHOWN, detail="agent:examine").count() == 1
    chat.desk.time.move(timedelta(hours=25))
    assert await opens() == (0, 1, 1)
    assert (await OpeningAsk.all().order_by("-id").first()).asked_at > now  # type: ignore[union-attr]


async def a_case() -> Case:
    """A complaint of the customer on file."""

    async def work() -> Case:
        case = await Case.file(
            Statement("Số của tôi bị lộ."),
            category=Category.LEAKED,
            chat=None,
            person=Person(),
            priority=False,
            negotiate=False,
            arrived=(await the_customer()).imported_at,
            calendar=SHOP.calendar,
        )
        index = ring().blind_index("phone", PHONE_E164)
        await CaseContact.create(id=new_id(), case_id=case.id, value_index=index)
        return case

    return await run_tx(work)


async def test_a_shop_without_other_systems_is_done_in_the_same_second(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is left to tell anybody: the request is closed by the program itself."""
    monkeypatch.setattr("tests.chat.SHOP", replace(SHOP, other_systems=()))
    desk = Desk()
    await put_on_file(desk.time.now())
    chat = desk.chat()
    await chat.proves(PHONE)
    await chat.says("/tuychon")
    assert await chat.presses("preferences.choose.choice.nothing") == [
        "preferences.stopped",
        "request.told.at_once",
        *ASK,
    ]
    [request] = await DataRequest.all()
    assert (request.state, request.closed_at, request.closed_by) == (
        RequestState.DONE,
        desk.time.now(),
        None,
    )
    assert await Deadline.filter(about=request.id, met_at=None).count() == 0
    assert await Change.all().count() == 0
