"""A director's yes to many erasures at once, in the staff room."""

from __future__ import annotations

from datetime import timedelta

from chatbot.clock import local_date
from models.customer import Customer, Stage
from models.database import run_tx
from models.event import Event, Tag
from models.keys import new_id
from models.retention_ask import RetentionAsk, RetentionDay, Why
from models.roles import Role
from tests.retention import many
from tests.room.inside import Enter, Inside, text_of
from tests.room_server import Answer
from tests.staff import NOW


async def asked(why: Why = Why.MANY) -> RetentionAsk:
    """What a director is asked, with three records."""
    ids = [one.id for one in await many(3, NOW - timedelta(days=800))]
    await Customer.all().update(retention=Stage.TOLD_TWICE, erase_on=local_date(NOW))
    await run_tx(lambda: RetentionAsk.begin(why, 3, NOW))
    ask = await RetentionAsk.open_one()
    assert ask
    await run_tx(lambda: ask.collect(ids))
    assert await run_tx(lambda: ask.show(NOW))
    return ask


async def allows(director: Inside, ask: object) -> Answer:
    """The form of the page."""
    form = {"form": director.token, "ask": str(ask)}
    return await director.browser.send("/staff/retention/allow", form)


async def test_a_director_sees_how_many_and_says_yes_once(enter: Enter) -> None:
    """The queue leads to it; the yes is in the trail with its count, and a second one finds nothing."""
    director = await enter(role=Role.DIRECTOR)
    assert "chờ giám đốc" not in text_of(await director.see())
    ask = await asked()
    assert "chờ giám đốc quyết định" in text_of(await director.see())
    page = await director.see("/staff/retention")
    assert "có 3 hồ sơ hết thời hạn lưu, trong tổng số 3" in text_of(page)
    assert page.field("ask") == str(ask.id)
    assert (await allows(director, ask.id)).to == "/staff/retention?done=allow"
    event = await Event.get(tag=Tag.RETENTION_ALLOWED)
    assert (event.member, event.detail) == (director.id, "many:3")
    page = await director.see("/staff/retention?done=allow")
    assert "đang thực hiện" in text_of(page)
    assert 'name="ask"' not in page.text
    assert (await allows(director, ask.id)).status == 409


async def test_the_yes_is_for_the_question_that_was_shown(enter: Enter) -> None:
    """An older page, or one that was made up, allows nothing."""
    director = await enter(role=Role.DIRECTOR)
    await asked(Why.CLOCK)
    for other in (new_id(), "x", ""):
        assert (await allows(director, other)).status == 409
    assert await Event.filter(tag=Tag.RETENTION_ALLOWED).count() == 0
    assert "chỉnh lại đồng hồ" in text_of(await director.see("/staff/retention"))


async def test_it_is_for_directors(enter: Enter) -> None:
    """Nobody else sees it or may answer."""
    lead = await enter(role=Role.LEAD)
    ask = await asked()
    assert (await lead.see("/staff/retention")).status == 403
    assert (await allows(lead, ask.id)).status == 403
    assert "/staff/retention" not in (await lead.see()).text


async def test_the_last_days_are_shown_in_counts(enter: Enter) -> None:
    """Told, not reached, erased."""
    director = await enter(role=Role.DIRECTOR)
    assert "Chưa có lần rà soát" in text_of(await director.see("/staff/retention"))
    await RetentionDay.add(NOW, told=5, unreached=2, begun=1)
    await RetentionDay.add(NOW, told=1, allowed=3)
    page = text_of(await director.see("/staff/retention"))
    assert "24/11/2026: đã báo 6, không báo được 2, xoá 4" in page
