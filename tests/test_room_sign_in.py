"""The staff room over HTTP: who gets in, how they stay in, and who stays out."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from html import unescape
from io import BytesIO

import pyotp
import pytest
from aiohttp import web
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from chatbot.channels.web.limits import Rate
from chatbot.pages.room.base import Member
from chatbot.pages.room.forms import HEADER, safe_next
from models import Event, StaffMember, StaffSession
from models.database import run_tx
from models.roles import MAY, Act, Role
from models.staff_session import IDLE, LONGEST
from models.totp import STEP
from tests.conftest import Database
from tests.properties import tries
from tests.room_server import Browser, a_profile, room_serving
from tests.staff import NOW, PASSWORD, Colleague, hire, invite


@pytest.fixture
async def browser(database: Database) -> AsyncIterator[Browser]:
    """A browser before the room of an empty desk."""
    async with room_serving() as server, a_profile() as session:
        yield Browser(server, session)


@pytest.fixture
async def inside(browser: Browser) -> Browser:
    """A browser in which an agent has signed in."""
    browser.server.later(2 * STEP)
    assert (await browser.sign_in(await hire())).to == "/staff"
    return browser


async def open_sessions() -> int:
    """How many there are."""
    return await StaffSession.all().count()


async def test_from_the_invitation_into_the_room_and_out(browser: Browser) -> None:
    """Without a script: code, password and app; then out, and in again by the sign-in."""
    login, code = await invite("Nguyễn <b>Mai</b>", Role.LEAD)
    assert (await browser.get("/staff/join")).status == 200
    second = await browser.send("/staff/join", {"invitation": code})
    assert second.status == 200
    assert "Nguyễn &lt;b&gt;Mai&lt;/b&gt;" in second.text
    assert '<img class="qr" src="data:image/svg+xml;' in second.text
    found = re.search(r'id="secret">([A-Z2-7 ]+)<', second.text)
    assert found
    who = Colleague(login, found[1].replace(" ", ""), "")
    assert f"secret={who.secret}" in unescape(second.text)
    form = {"invitation": second.field("invitation"), "password": PASSWORD, "again": PASSWORD}
    joined = await browser.send("/staff/join", form | {"code": who.code(NOW)})
    assert (joined.status, joined.to) == (303, "/staff")
    room = await browser.get("/staff")
    assert "Nguyễn &lt;b&gt;Mai&lt;/b&gt;" in room.text
    assert "Trưởng nhóm" in room.text
    assert ">Việc</h1>" in room.text
    out = await browser.send("/staff/sign-out", {"form": room.field("form")})
    assert out.to.startswith("/staff/sign-in")
    assert "Đã đăng xuất" in (await browser.get(out.to)).said
    assert (await browser.get("/staff")).to == "/staff/sign-in"
    browser.server.later(STEP)
    assert (await browser.sign_in(who, next="/staff")).to == "/staff"
    assert (await browser.get("/staff/sign-in?next=/staff/case/1")).to == "/staff/case/1"
    assert [event.tag.value for event in await Event.all().order_by("id")] == [
        "staff.invited",
        "staff.joined",
        "staff.signed_out",
        "staff.signed_in",
    ]


async def test_what_is_wrong_with_joining_is_told_and_can_be_mended(browser: Browser) -> None:
    """The same secret is shown again; an invitation that is gone says so, in whichever step."""
    _, code = await invite()
    second = await browser.send("/staff/join", {"invitation": code})
    found = re.search(r'id="secret">([A-Z2-7 ]+)<', second.text)
    assert found
    typed = pyotp.TOTP(found[1].replace(" ", "")).at(NOW)
    form = {"invitation": code, "password": PASSWORD, "again": PASSWORD, "code": typed}
    for wrong, words in (
        ({"again": "khác"}, "chưa giống nhau"),
        ({"password": "ngắn", "again": "ngắn"}, "ít nhất 12 ký tự"),
        ({"password": "matkhau123456", "again": "matkhau123456"}, "quá dễ đoán"),
        ({"code": "000000"}, "Mã chưa đúng"),
    ):
        answer = await browser.send("/staff/join", form | wrong)
        assert answer.status == 422
        assert words in answer.said
        assert found[1] in answer.text
        assert "Set-Cookie" not in answer.headers
    assert (await browser.send("/staff/join", form)).to == "/staff"
    for again in (form, {"invitation": code}, {"invitation": ""}, {}):
        assert (await browser.send("/staff/join", again)).status == 410


async def test_the_cookie_is_for_this_room_alone(database: Database) -> None:
    """No script reads it, no other site sends it, and where browsers come by https it goes no other way."""
    who = await hire()
    for public_url, is_secure in ((None, False), ("https://desk.example.vn", True)):
        async with room_serving(public_url=public_url) as server, a_profile() as session:
            server.later(2 * STEP if is_secure else STEP)
            cookie = (await Browser(server, session).sign_in(who)).cookies["staff"]
            assert (cookie["path"], cookie["samesite"]) == ("/staff", "Strict")
            assert cookie["httponly"]
            assert bool(cookie["secure"]) is is_secure
            assert not cookie["max-age"]
            assert not cookie["expires"]
            assert not cookie["domain"]


async def test_every_mistake_gets_the_same_answer(browser: Browser) -> None:
    """An unknown login, a wrong password, a wrong code, an empty form: byte for byte but for the login."""
    who = await hire()
    browser.server.later(STEP)
    pages = set()
    for login, changed in (
        ("nobody", {}),
        (who.login, {"password": "sai mật khẩu rồi"}),
        (who.login, {"code": "000000"}),
        (who.login, {"password": "", "code": ""}),
    ):
        answer = await browser.sign_in(who, login=login, **changed)
        assert answer.status == 401
        assert "chưa đúng" in answer.said
        assert PASSWORD not in answer.text
        pages.add(answer.text.replace(f'value="{login}"', ""))
    assert len(pages) == 1
    assert await open_sessions() == 1


async def test_tries_are_limited(browser: Browser) -> None:
    """By login and network; the answer says to wait, and is the same for a login that nobody has."""
    who = await hire()
    browser.server.later(STEP)
    for login in (who.login, "nobody"):
        answers = [await browser.sign_in(who, login=login, password="sai mật khẩu rồi") for _ in range(6)]
        assert [answer.status for answer in answers] == [401] * 5 + [429]
        assert int(answers[-1].headers["Retry-After"]) == 900
        assert "quá nhiều lần" in answers[-1].said
    assert (await browser.sign_in(who)).status == 429


async def test_one_network_cannot_try_without_end(database: Database) -> None:
    """Whatever the login: before a password is hashed."""
    async with room_serving(rate=Rate(0.001, 2)) as server, a_profile() as session:
        browser = Browser(server, session)
        tries = [await browser.send("/staff/sign-in", {"login": f"a{number}"}) for number in range(3)]
        assert [answer.status for answer in tries] == [401, 401, 429]
        joined = await browser.send("/staff/join", {"invitation": "x"})
        assert (joined.status, int(joined.headers["Retry-After"]) > 0) == (429, True)
        assert await Event.all().count() == 2


async def test_thirty_idle_minutes_end_a_session(inside: Browser) -> None:
    """To the second; the sign-in says why, and leads back. Twelve hours end it however busy."""
    second = timedelta(seconds=1)
    inside.server.later(IDLE - second)
    assert (await inside.get("/staff")).status == 200
    inside.server.later(IDLE)
    answer = await inside.get("/staff")
    assert answer.to == "/staff/sign-in?ended=1"
    assert "30 phút" in (await inside.get(answer.to)).said
    assert (await inside.ask("POST", "/staff/sign-out")).to == "/staff/sign-in"


async def test_twelve_hours_end_a_session(inside: Browser) -> None:
    """However busy it was."""
    for _ in range(int(LONGEST / timedelta(minutes=20)) - 1):
        inside.server.later(timedelta(minutes=20))
        assert (await inside.get("/staff")).status == 200
    inside.server.later(timedelta(minutes=20))
    assert (await inside.get("/staff")).status == 303


async def test_whoever_is_disabled_sees_nothing_more(inside: Browser) -> None:
    """From the next request on."""
    await run_tx(lambda: StaffMember.disable("maint", NOW))
    answer = await inside.get("/staff")
    assert (answer.status, answer.to) == (303, "/staff/sign-in?ended=1")


@pytest.mark.parametrize("path", ["/staff/sign-out", "/staff/language"])
async def test_another_site_cannot_act_for_somebody(inside: Browser, path: str) -> None:
    """Neither without an Origin of ours, nor without the token, nor with somebody else's."""
    token = (await inside.get("/staff")).field("form")
    form = {"form": token, "language": "en"}
    for origin in ("https://evil.example", "null", "", f"{inside.server.url}.evil.example"):
        assert (await inside.send(path, form, origin=origin)).status == 403
    for wrong in ("", "0" * 64, "é", token.upper()):
        assert (await inside.send(path, form | {"form": wrong})).status == 403
    assert (await inside.send(path, {})).status == 403
    assert "Đăng xuất" in (await inside.get("/staff")).text
    assert (await StaffMember.get()).language == "vi"
    assert (await inside.send(path, form)).status == 303


async def test_another_site_cannot_sign_somebody_in(browser: Browser) -> None:
    """Nobody works unknowingly in an account that is not theirs."""
    who = await hire()
    browser.server.later(STEP)
    form = {"login": who.login, "password": PASSWORD, "code": who.code(browser.server.wall)}
    for path in ("/staff/sign-in", "/staff/join"):
        for origin in ("https://evil.example", "null", ""):
            answer = await browser.send(path, form, origin=origin)
            assert (answer.status, answer.cookies) == (403, {})
    assert (await browser.send("/staff/sign-in", form)).status == 303


async def test_a_script_may_carry_the_header_instead_of_the_token(inside: Browser) -> None:
    """No form and no foreign page can set it."""
    headers = {"Origin": inside.server.url, HEADER: "1"}
    assert (await inside.ask("POST", "/staff/sign-out", headers=headers)).status == 303
    assert await open_sessions() == 1, "that of the joining is left"


@pytest.mark.parametrize("role", list(Role))
async def test_a_page_asks_for_what_the_role_permits(database: Database, role: Role) -> None:
    """Every act of the table, on a page of its own: seen by those who may, and by them alone."""

    async def page(request: web.Request, member: Member) -> web.Response:
        return web.Response(text=f"{member.name} {member.role} {member.language}")

    pages = [(f"/staff/{act}", page, act) for act in Act]
    who = await hire(role=role, language="en")
    async with room_serving(pages=pages) as server, a_profile() as session:
        browser = Browser(server, session)
        for act in Act:
            assert (await browser.get(f"/staff/{act}")).status == 303
        server.later(STEP)
        await browser.sign_in(who)
        for act in Act:
            answer = await browser.get(f"/staff/{act}")
            if act in MAY[role]:
                assert answer.text == f"Nguyễn Thị Mai {role} en"
            else:
                assert answer.status == 403
                assert "Not permitted" in answer.text


async def test_the_sign_in_leads_to_the_page_that_was_wanted(browser: Browser) -> None:
    """Through the form and a mistake."""
    who = await hire()
    browser.server.later(STEP)
    first = await browser.get("/staff?month=2026-11&of=me")
    assert first.to == "/staff/sign-in?next=%2Fstaff%3Fmonth%3D2026-11%26of%3Dme"
    form = await browser.get(first.to)
    wanted = form.field("next")
    wrong = await browser.sign_in(who, next=wanted, code="000000")
    assert wrong.field("next") == wanted
    assert (await browser.sign_in(who, next=wanted)).to == "/staff?month=2026-11&of=me"


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.example/",
        "//evil.example/staff",
        "/\\evil.example",
        "/staff//evil.example",
        "/staff/../demo",
        "/staff/./x",
        "/staff\\..\\x",
        "/staffx",
        "/staff@evil.example",
        "/staff\r\nSet-Cookie: a=b",
        "/staff#x",
        "/staff/%2e%2e/demo",
        "javascript:alert(1)",
        "/staff/sign-out",
        "/staff/sign-in?next=/staff",
        "/staff/join",
        "/my",
        "",
        " /staff",
        "/staff\n",
    ],
)
def test_it_leads_nowhere_else(wanted: str) -> None:
    """Another site, another page of ours, a way in or out, or what a browser would read as one."""
    assert safe_next(wanted) == "/staff"


async def test_neither_address_nor_form_leads_away(browser: Browser) -> None:
    """Both go through the same gate."""
    who = await hire()
    browser.server.later(STEP)
    evil = "https://evil.example/"
    assert (await browser.get(f"/staff/sign-in?next={evil}")).field("next") == "/staff"
    assert (await browser.sign_in(who, next=evil)).to == "/staff"
    assert (await browser.get(f"/staff/sign-in?next={evil}")).to == "/staff"


def test_pages_of_the_room_are_led_to() -> None:
    """Numbers of cases, and queries."""
    for wanted in ("/staff", "/staff/case/KN-2026-000123-4", "/staff/queue?q=a%20b&page=2", "/staff/joined"):
        assert safe_next(wanted) == wanted


async def test_a_link_from_another_site_asks_again_from_our_own_page(inside: Browser) -> None:
    """A browser that comes from there leaves the cookie at home, so it counts only at the second asking."""
    async with a_profile() as session:
        stranger = Browser(inside.server, session)
        for site in ("cross-site", "same-site"):
            answer = await stranger.get("/staff?of=me", **{"Sec-Fetch-Site": site})
            assert answer.status == 200
            assert answer.headers["Refresh"] == "0; url=/staff?of=me"
            assert "maint" not in answer.text
        assert (await stranger.get("/staff", **{"Sec-Fetch-Site": "same-origin"})).status == 303
    assert ">Việc</h1>" in (await inside.get("/staff", **{"Sec-Fetch-Site": "cross-site"})).text


async def test_the_room_speaks_the_language_of_its_member(inside: Browser) -> None:
    """It is remembered, also by the next sign-in; a language that there is not changes nothing."""
    room = await inside.get("/staff", **{"Accept-Language": "en"})
    assert "Phòng nhân viên" in room.text
    form = {"form": room.field("form"), "language": "en", "next": "/staff?of=me"}
    assert (await inside.send("/staff/language", form)).to == "/staff?of=me"
    room = await inside.get("/staff")
    assert '<html lang="en">' in room.text
    assert ">Work</h1>" in room.text
    for language in ("xx", "", "../vi"):
        await inside.send("/staff/language", form | {"language": language})
    assert (await StaffMember.get()).language == "en"
    assert "Signed out" in (await inside.get((await inside.send("/staff/sign-out", form)).to)).said


async def test_pages_of_the_room_are_kept_by_nobody(inside: Browser) -> None:
    """No cache, no frame, nothing from outside, no address told to other sites, no search engine."""
    for path in ("/staff", "/staff/sign-in", "/staff/join"):
        answer = await inside.get(path)
        if answer.status == 303:
            continue
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Referrer-Policy"] == "same-origin"
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
        assert "unsafe" not in answer.headers["Content-Security-Policy"]
        assert '<meta name="robots" content="noindex">' in answer.text
        assert not re.search(r'(src|href)="(https?:)?//', answer.text)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 401),
        (b"login=%00&password=%00&code=%00", 401),
        (b"login=%F0%9F%8E%88&password=%EF%B7%BA&code=%EF%BC%91", 401),
        (b"login=" + b"a" * 300_000 + b"&password=" + b"%EF%B7%BA" * 50_000, 401),
        (b"next=%00%0d%0aSet-Cookie:a=b", 401),
        (b"login=a&login=b&login[]=c&__proto__=d", 401),
        (b"login=%ff%fe", 400),
        (b"login=%ed%a0%80", 400),
        (b"\xff\xfe", 400),
        (b"&".join(b"a%d=1" % number for number in range(60)), 400),
        (b"login=" + b"a" * (1 << 21), 413),
    ],
    ids=lambda value: str(value)[:30],
)
async def test_a_hostile_body_gets_a_clear_answer(browser: Browser, body: bytes, status: int) -> None:
    """Never a fault of the server, in either form, and nobody is signed in."""
    headers = {"Origin": browser.server.url, "Content-Type": "application/x-www-form-urlencoded"}
    answer = await browser.ask("POST", "/staff/sign-in", data=BytesIO(body), headers=headers)
    assert (answer.status, answer.cookies) == (status, {})
    joined = await browser.ask("POST", "/staff/join", data=BytesIO(body), headers=headers)
    assert joined.status == {401: 410}.get(status, status)


async def test_a_body_of_another_kind_is_refused(inside: Browser) -> None:
    """By its status, not by a fault."""
    for path in ("/staff/sign-in", "/staff/join", "/staff/sign-out", "/staff/language"):
        for kind in ("text/plain", "application/json", "multipart/form-data", ";;;", ""):
            headers = {"Origin": inside.server.url, "Content-Type": kind}
            assert (await inside.ask("POST", path, data=b"{}", headers=headers)).status == 415


async def test_a_cookie_that_is_none_of_ours_is_nobody(browser: Browser) -> None:
    """Whatever it is."""
    for cookie in ("", "x", "é", "a" * 43, "a" * 4_000, '"quoted"', "a;b", "="):
        for method, path in (("GET", "/staff"), ("HEAD", "/staff"), ("POST", "/staff/language")):
            answer = await browser.ask(method, path, headers={"Cookie": f"staff={cookie}"})
            assert answer.status == 303
            assert answer.to.startswith("/staff/sign-in")


@settings(max_examples=tries(25), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    form=st.dictionaries(
        st.sampled_from(["invitation", "password", "again", "code", "next"]), st.text(max_size=60)
    )
)
async def test_no_form_at_all_makes_a_fault(browser: Browser, form: dict[str, str]) -> None:
    """Whatever somebody types into the second step of joining."""
    try:
        answer = await browser.send("/staff/join", form)
    except UnicodeEncodeError:
        return  # no browser could send it
    assert answer.status in (410, 422)


async def test_nothing_secret_is_logged(browser: Browser, capfd: pytest.CaptureFixture[str]) -> None:
    """Neither a password, nor a code, nor a cookie, nor a name."""
    who = await hire()
    browser.server.later(STEP)
    with capture_logs() as logs:
        await browser.sign_in(who, code="000000")
        answer = await browser.sign_in(who)
        await browser.get("/staff")
    printed = "".join(capfd.readouterr()) + str(logs)
    for secret in (PASSWORD, who.secret, answer.cookies["staff"].value, "Mai", who.login):
        assert secret not in printed
