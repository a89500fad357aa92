"""Who may do what in the staff room, and that nothing that is sent breaks it."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from chatbot.pages.room.forms import HEADER
from models.case_entry import CaseEntry, Entry
from models.casework import take
from models.database import run_tx
from models.keys import new_id
from models.roles import MAY, Act, Role
from tests.properties import tries
from tests.room.inside import DECISION, ENTERED, PNG, Enter, put
from tests.room_cases import a_case, a_chat, a_wish, fresh, told
from tests.room_server import Browser, RoomServer, a_profile
from tests.staff import NOW

PATHS = {
    "take": Act.HANDLE_CASE,
    "hand_over": Act.HANDLE_CASE,
    "ask": Act.HANDLE_CASE,
    "note": Act.HANDLE_CASE,
    "accept": Act.HANDLE_CASE,
    "breach": Act.HANDLE_CASE,
    "seen": Act.HANDLE_CASE,
    "preview": Act.HANDLE_CASE,
    "decide": Act.HANDLE_CASE,
    "approve": Act.HANDLE_CASE,
    "decline": Act.HANDLE_CASE,
    "by_hand": Act.HANDLE_CASE,
    "record": Act.OPEN_RECORD,
}


async def test_every_act_asks_for_its_right(enter: Enter, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever's role permits nothing sees no case and no wish, and can do nothing."""
    mai, chat = await enter(), await a_chat()
    case, wish = await a_case(chat), await a_wish(chat, "bí mật")
    monkeypatch.setitem(MAY, Role.AGENT, frozenset())
    for act in PATHS:
        assert (await mai.do(case, act, words="x", **DECISION)).status == 403, act
    assert (await mai.browser.send(f"/staff/wish/{wish.id}", {"form": mai.token, "words": "x"})).status == 403
    assert (await mai.browser.send("/staff/enter", {"form": mai.token, **ENTERED})).status == 403
    assert (await put(mai, case, "a.png", PNG))[0] == 403
    for path in (f"/staff/case/{case.code}", f"/staff/case/{case.code}/live", "/staff/enter"):
        assert (await mai.see(path)).status == 403
    page = await mai.see()
    assert "bí mật" not in page.text
    assert "/staff/enter" not in page.text
    assert await told(chat) == []
    monkeypatch.setitem(MAY, Role.AGENT, frozenset({Act.HANDLE_CASE}))
    assert (await mai.do(case, "record", why="examine")).status == 403
    assert "/record" not in (await mai.see(f"/staff/case/{case.code}")).text


async def test_nobody_acts_for_somebody_else(enter: Enter, server: RoomServer) -> None:
    """Neither without our own origin, nor without the token; who is not signed in sees nothing."""
    mai, chat = await enter(), await a_chat()
    case, wish = await a_case(chat), await a_wish(chat)
    paths = [*(f"/staff/case/{case.code}/{act}" for act in PATHS), f"/staff/wish/{wish.id}", "/staff/enter"]
    for path in paths:
        form = {"words": "x", **DECISION, **ENTERED}
        assert (await mai.browser.send(path, form)).status == 403, path
        evil = await mai.browser.send(path, {"form": mai.token, **form}, origin="https://evil.example")
        assert evil.status == 403, path
    async with a_profile() as session:
        stranger = Browser(server, session)
        for path in ("/staff", "/staff/live", f"/staff/case/{case.code}", f"/staff/case/{case.code}/live"):
            assert (await stranger.get(path)).to.startswith("/staff/sign-in")
        for path in paths:
            assert (await stranger.send(path, {})).to == "/staff/sign-in"
    assert (await fresh(case)).handler is None
    assert await CaseEntry.filter(kind__not=Entry.FILED).count() == 0


@settings(
    max_examples=tries(40),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    body=st.one_of(
        st.dictionaries(
            st.sampled_from([*DECISION, *ENTERED, "words", "to", "seen", "told_by", "discovered", "why"]),
            st.text(max_size=60),
            max_size=9,
        ).map(lambda form: urlencode(form).encode()),
        st.binary(max_size=60),
    ),
    act=st.sampled_from([*PATHS, "file", "live", "nothing"]),
)
async def test_no_form_breaks_the_room(enter: Enter, body: bytes, act: str) -> None:
    """Whatever is sent to a case that one has: never a fault of ours, and nothing in the log."""
    mai, case = await enter(), await a_case(await a_chat())
    await run_tx(lambda: take(case, mai.id, NOW))
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "Origin": mai.browser.server.url,
        HEADER: "1",
    }
    with capture_logs() as logs:
        for path in (f"/staff/case/{case.code}/{act}", "/staff/enter", f"/staff/wish/{new_id()}"):
            answer = await mai.browser.ask("POST", path, data=body, headers=headers)
            assert answer.status < 500, answer.text
    assert logs == []
