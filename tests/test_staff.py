"""The roster of the staff, and the ways into the staff room."""

from __future__ import annotations

import asyncio
import unicodedata
from datetime import datetime, timedelta
from functools import partial

import pytest
from argon2 import PasswordHasher
from tortoise.models import Model

from models import Event, StaffMember, StaffSession, Tally
from models.database import fetch, run_tx
from models.password import DECOY, Weakness, matches, weakness
from models.roles import MAY, Act, Role
from models.staff import INVITATION_LIFE, NotOnRoster, Standing
from models.staff_entry import TRIES, WRONG_CODES, Refused, join, open_invitation, sign_in
from models.staff_session import IDLE, LONGEST
from models.totp import STEP, new_secret, step_of
from tests.conftest import Database
from tests.staff import NOW, PASSWORD, Colleague, hire, invite

LATER = NOW + 2 * STEP
"""The code of joining is used up: the next one that counts."""


async def enter(
    who: Colleague,
    *,
    password: str = PASSWORD,
    code: str | None = None,
    network: str = "192.0.2.1",
    at: datetime = LATER,
) -> str | Refused:
    """Sign in at a real time; by default with everything right."""
    return await sign_in(
        who.login, password, who.code(at) if code is None else code, network=network, now=NOW, wall=at
    )


async def tags() -> list[str]:
    """What was audited, in order."""
    return [event.tag.value for event in await Event.all().order_by("id")]


async def test_an_invitation_is_used_once(database: Database) -> None:
    """Of several who join at once by the same code one does, and afterwards it opens nothing."""
    _, code = await invite()
    invitation = await open_invitation(code, NOW, fresh=True)
    assert invitation is not None
    who = Colleague(invitation.login, invitation.secret, "")
    joined = await asyncio.gather(
        *(join(code, PASSWORD, who.code(NOW), language="en", now=NOW, wall=NOW) for _ in range(4))
    )
    assert sum(isinstance(each, str) for each in joined) == 1
    assert joined.count(Refused.GONE) == 3
    assert await open_invitation(code, NOW, fresh=True) is None
    assert (await StaffMember.get()).language == "en"
    assert await tags() == ["staff.invited", "staff.joined"]


async def test_an_invitation_expires(database: Database) -> None:
    """After seven days, to the second; the roster says so."""
    login, code = await invite()
    last = NOW + INVITATION_LIFE - timedelta(seconds=1)
    assert await open_invitation(code, last, fresh=True) is not None
    assert await open_invitation(code, NOW + INVITATION_LIFE, fresh=True) is None
    over = NOW + INVITATION_LIFE
    assert await join(code, PASSWORD, "000000", language="vi", now=over, wall=over) is Refused.GONE
    assert [(one.login, one.standing) for one in await StaffMember.roster(over)] == [
        (login, Standing.EXPIRED)
    ]


async def test_whoever_opened_the_invitation_earlier_does_not_know_the_secret(database: Database) -> None:
    """Each opening shows another one; only coming back to the same form keeps it."""
    _, code = await invite()
    first = await open_invitation(code, NOW, fresh=True)
    second = await open_invitation(code, NOW, fresh=True)
    third = await open_invitation(code, NOW, fresh=False)
    assert first
    assert second
    assert first.secret != second.secret
    assert third == second
    stale = Colleague("", first.secret, "").code(NOW)
    assert await join(code, PASSWORD, stale, language="vi", now=NOW, wall=NOW) is Refused.WRONG


async def test_what_is_wrong_with_joining_spends_nothing(database: Database) -> None:
    """A weak password or a wrong code is told, and the invitation still works."""
    _, code = await invite()
    invitation = await open_invitation(code, NOW, fresh=True)
    assert invitation is not None
    typed = Colleague("", invitation.secret, "").code(NOW)
    assert await join(code, "ngắn quá", typed, language="vi", now=NOW, wall=NOW) is Weakness.TOO_SHORT
    assert await join(code, PASSWORD, "000000", language="vi", now=NOW, wall=NOW) is Refused.WRONG
    assert isinstance(await join(code, PASSWORD, typed, language="vi", now=NOW, wall=NOW), str)


async def test_a_login_comes_from_the_name_and_is_nobody_elses(database: Database) -> None:
    """Also when two of the same name are invited at once; a login that was asked for is refused if taken."""
    logins = await asyncio.gather(*(invite() for _ in range(3)))
    assert sorted(login for login, _ in logins) == ["maint", "maint2", "maint3"]
    login, _ = await run_tx(lambda: StaffMember.invite("Đỗ Ân", Role.LEAD, "Đỗ.Ân", NOW))
    assert login == "doan"
    for name, wanted in (
        ("Đỗ Ân", "do an"),
        ("Lê Hà", "1"),
        ("Lê Hà", "日本語"),
        (" ", None),
        ("A" * 101, None),
    ):
        with pytest.raises(NotOnRoster):
            await run_tx(partial(StaffMember.invite, name, Role.AGENT, wanted, NOW))
    assert await StaffMember.all().count() == 4


async def test_nothing_on_the_roster_can_be_read_without_the_keys(database: Database) -> None:
    """Neither names nor logins, nor password hashes, nor secrets, cookies or codes stand in any table."""
    who = await hire()
    _, code = await invite("Trần Văn Bình")
    tables: list[type[Model]] = [StaffMember, StaffSession, Event, Tally]
    stored = str([row for table in tables for row in await fetch(f'SELECT * FROM "{table._meta.db_table}"')])
    assert "staff.joined" in stored
    for secret in ("Mai", who.login, "argon2", who.secret, who.cookie, code, PASSWORD):
        assert secret not in stored


async def test_signing_in_takes_login_password_and_code(database: Database) -> None:
    """The login however it is typed; everything else is wrong, in the same words."""
    who = await hire()
    stranger = Colleague("nobody", who.secret, "")
    assert await enter(stranger) is Refused.WRONG
    assert await enter(who, password="ba con mèo trên mái nhà!") is Refused.WRONG
    assert await enter(who, code="000000") is Refused.WRONG
    assert await enter(who, code="") is Refused.WRONG
    who.login = " MaiNT "
    cookie = await enter(who)
    assert isinstance(cookie, str)
    member = await StaffSession.use(cookie, NOW, LATER)
    assert member is not None
    assert await tags() == ["staff.invited", "staff.joined", *["staff.sign_in_failed"] * 4, "staff.signed_in"]
    failed = await Event.filter(tag="staff.sign_in_failed").order_by("id")
    assert [event.member for event in failed] == [None, *[member.id] * 3]


async def test_a_code_counts_once(database: Database) -> None:
    """Not a second time, not an older one after a newer one, and not twice at the same moment."""
    who = await hire()
    assert await enter(who, at=NOW) is Refused.WRONG  # it was used for joining
    both = await asyncio.gather(enter(who), enter(who, network="192.0.2.2"))
    assert sorted(isinstance(each, str) for each in both) == [False, True]
    assert await enter(who) is Refused.WRONG
    assert await enter(who, code=who.code(LATER - STEP)) is Refused.WRONG
    assert isinstance(await enter(who, at=LATER + STEP), str)


def test_a_telephone_may_be_one_step_off() -> None:
    """Either way; two steps are too many. Blanks and full-width digits are no mistake."""
    secret = new_secret()
    who = Colleague("", secret, "")
    here = step_of(secret, who.code(NOW), NOW)
    assert here is not None
    for steps in (-1, 0, 1):
        assert step_of(secret, who.code(NOW + steps * STEP), NOW) == here + steps
    for steps in (-2, 2):
        assert step_of(secret, who.code(NOW + steps * STEP), NOW) is None
    code = who.code(NOW)
    full_width = code.translate({ord(digit): ord(digit) + 0xFEE0 for digit in code})
    assert step_of(secret, f" {full_width[:3]} {full_width[3:]}\n", NOW) == here
    for typed in ("", "12345", "é", "\0", code + "0"):
        assert step_of(secret, typed, NOW) is None


async def test_of_fifty_tries_at_once_five_are_compared(database: Database) -> None:
    """The rest is refused unseen, the right one too, until the window has passed; elsewhere one can go on."""
    who = await hire()
    tries = await asyncio.gather(*(enter(who, password=f"sai mật khẩu {number}") for number in range(50)))
    assert tries.count(Refused.WRONG) == TRIES.most
    assert tries.count(Refused.TOO_MANY) == 50 - TRIES.most
    assert await enter(who) is Refused.TOO_MANY
    assert isinstance(await enter(who, network="192.0.2.2"), str)
    assert isinstance(await enter(who, at=LATER + TRIES.window), str)


async def test_who_has_the_password_cannot_guess_the_code_from_many_places(database: Database) -> None:
    """Ten wrong ones, from wherever, and for a day even the right one does not count. Wrong passwords do
    not shut anybody out."""
    who = await hire()
    for number in range(WRONG_CODES.most + 2):
        await enter(who, password="không phải mật khẩu", network=f"198.51.100.{number}")
    assert isinstance(await enter(who), str)
    for number in range(WRONG_CODES.most):
        assert await enter(who, code="000000", network=f"203.0.113.{number}") is Refused.WRONG
    assert await enter(who, at=LATER + 2 * STEP, network="203.0.113.99") is Refused.WRONG
    assert isinstance(await enter(who, at=LATER + WRONG_CODES.window + STEP), str)


async def test_unknown_logins_cost_as_much_as_known_ones() -> None:
    """The hash that stands in for a missing one has the parameters of the others, and fits nothing."""
    assert not PasswordHasher().check_needs_rehash(DECOY)
    assert not await matches(DECOY, PASSWORD)
    assert not await matches(DECOY, "")


async def test_a_session_ends_by_itself(database: Database) -> None:
    """After thirty idle minutes, and after twelve hours however busy."""
    busy, idle = await hire("Lê Hà"), await hire("Đỗ Ân")
    moment = timedelta(seconds=1)
    wall = NOW
    while wall < NOW + LONGEST - IDLE:
        wall += IDLE - moment
        assert await StaffSession.use(busy.cookie, NOW, wall) is not None
    assert await StaffSession.use(idle.cookie, NOW, NOW + IDLE) is None
    assert await StaffSession.use(busy.cookie, NOW, NOW + LONGEST - moment) is not None
    assert await StaffSession.use(busy.cookie, NOW, NOW + LONGEST) is None
    assert await StaffSession.use("", NOW, NOW) is None


async def test_signing_out_ends_one_session(database: Database) -> None:
    """Of two browsers the other one stays in."""
    who = await hire()
    second = await enter(who)
    assert isinstance(second, str)
    await run_tx(lambda: StaffSession.end(who.cookie, NOW))
    await run_tx(lambda: StaffSession.end(who.cookie, NOW))
    assert await StaffSession.use(who.cookie, NOW, NOW) is None
    assert await StaffSession.use(second, NOW, LATER) is not None
    assert (await tags()).count("staff.signed_out") == 1


async def test_whoever_is_disabled_is_out_at_once(database: Database) -> None:
    """Every session, the sign-in, and an invitation that is still out; a second time nothing changes."""
    who = await hire()
    second = await enter(who)
    assert await run_tx(lambda: StaffMember.disable(who.login, NOW)) == 2
    assert await run_tx(lambda: StaffMember.disable(who.login, NOW)) == 0
    for cookie in (who.cookie, second):
        assert await StaffSession.use(str(cookie), NOW, LATER) is None
    assert await enter(who, at=LATER + STEP) is Refused.WRONG
    login, code = await invite("Trần Văn Bình")
    await run_tx(lambda: StaffMember.disable(login, NOW))
    assert await open_invitation(code, NOW, fresh=True) is None
    assert (await tags()).count("staff.disabled") == 2
    with pytest.raises(NotOnRoster):
        await run_tx(lambda: StaffMember.disable("nobody", NOW))


async def test_disabling_wins_over_a_sign_in_that_is_under_way(database: Database) -> None:
    """The password is being compared while the operator acts: no session begins."""
    who = await hire()
    entering = asyncio.create_task(enter(who))
    await asyncio.sleep(0.02)
    await run_tx(lambda: StaffMember.disable(who.login, NOW))
    cookie = await entering
    assert not (isinstance(cookie, str) and await StaffSession.use(cookie, NOW, LATER))
    assert await StaffSession.all().count() == 0


async def test_a_new_invitation_replaces_password_and_app(database: Database) -> None:
    """Who lost the telephone, or came back, joins again as the same person."""
    who = await hire()
    identity = (await StaffMember.get()).id
    await run_tx(lambda: StaffMember.disable(who.login, NOW))
    login, code = await run_tx(lambda: StaffMember.renew(who.login, NOW))
    assert await enter(who) is Refused.WRONG
    assert await StaffSession.use(who.cookie, NOW, NOW) is None
    invitation = await open_invitation(code, NOW, fresh=True)
    assert invitation is not None
    again = Colleague(login, invitation.secret, "")
    new = "bốn con chó ngoài vườn rau"
    wall = NOW + 3 * STEP
    assert isinstance(await join(code, new, again.code(wall), language="vi", now=NOW, wall=wall), str)
    assert await enter(who, at=wall + STEP) is Refused.WRONG
    assert isinstance(await enter(again, password=new, at=wall + STEP), str)
    assert (await StaffMember.get()).id == identity


async def test_the_roster_lists_everybody(database: Database) -> None:
    """In the order of their coming, with where they stand and the day they were last seen."""
    who = await hire("Lê Hà", Role.DIRECTOR)
    await StaffSession.use(who.cookie, NOW, NOW)
    await invite("Trần Văn Bình", Role.LEAD)
    roster = [(one.login, one.role, one.standing) for one in await StaffMember.roster(NOW)]
    assert roster == [
        ("hal", Role.DIRECTOR, Standing.JOINED),
        ("binhtv", Role.LEAD, Standing.INVITED),
    ]
    assert [str(one.seen_on) for one in await StaffMember.roster(NOW)] == ["2026-11-24", "None"]


@pytest.mark.parametrize(
    ("password", "wrong"),
    [
        ("ba con mèo đen", None),
        ("correct horse battery", None),
        ("密码密码很长的一个句子没人能猜到", None),
        ("x" * 11, Weakness.TOO_SHORT),
        ("", Weakness.TOO_SHORT),
        ("ba con mèo " * 20, Weakness.TOO_LONG),
        ("maint-maint-2026", Weakness.LIKE_LOGIN),
        ("MÃI.NT 1234567", Weakness.LIKE_LOGIN),
        ("Password1234!", Weakness.COMMON),
        ("P@ssw0rd2026", Weakness.COMMON),
        ("matkhau123456", Weakness.COMMON),
        ("Mật khẩu 123456", Weakness.COMMON),
        ("partyshop.vn2026", Weakness.COMMON),
        ("qwertyqwerty", Weakness.COMMON),
        ("098765432123", Weakness.COMMON),
        ("aaaaaaaaaaaaa", Weakness.COMMON),
        ("🎈🎉🎈🎉🎈🎉🎈🎉🎈🎉🎈🎉", Weakness.COMMON),
    ],
)
def test_what_everybody_would_try_is_no_password(password: str, wrong: Weakness | None) -> None:
    """Length counts; the login, the commonest words and patterns do not."""
    assert weakness(password, "maint") is wrong


async def test_a_password_is_the_same_on_every_keyboard(database: Database) -> None:
    """Composed and decomposed Vietnamese look alike, and are alike."""
    who = await hire()
    decomposed = unicodedata.normalize("NFD", PASSWORD)
    assert decomposed != PASSWORD
    assert isinstance(await enter(who, password=decomposed), str)


def test_each_rung_may_do_what_the_one_below_may() -> None:
    """And more; a director may do everything."""
    assert MAY.keys() == set(Role)
    assert MAY[Role.AGENT] < MAY[Role.LEAD] < MAY[Role.DIRECTOR] == set(Act)
    assert Act.APPROVE_PAYMENT not in MAY[Role.AGENT]
