"""Ways into the staff room: joining by an invitation, then signing in by password and app.

Passwords are hashed and compared before a transaction begins, as that takes a tenth of a second.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum

from models.database import run_tx
from models.event import Event, Tag
from models.keys import SYSTEM, SubjectKey, ring
from models.password import DECOY, Weakness, hashed, matches, weakness
from models.staff import StaffMember
from models.staff_session import StaffSession
from models.tally import Limit, Tally
from models.totp import new_secret, step_of

TRIES = Limit("staff.sign_in", 5, timedelta(minutes=15))
"""Wrong sign-ins with one login from one network."""
WRONG_CODES = Limit("staff.code", 10, timedelta(hours=24))
"""Wrong codes with the right password, from anywhere: whoever has stolen the password must not guess on."""

_NO_SECRET = "A" * 32


class Refused(Enum):
    """Why somebody does not come in."""

    WRONG = "wrong"
    """The login, the password or the code; which of them is never told."""
    TOO_MANY = "too_many"
    GONE = "gone"
    """There is no such invitation, or it is used or too old."""


@dataclass(frozen=True, slots=True)
class Invitation:
    """What the person invited is shown."""

    login: str
    name: str = field(repr=False)
    secret: str = field(repr=False)


async def open_invitation(code: str, now: datetime, *, fresh: bool) -> Invitation | None:
    """What an invitation is for; None where it is gone. Spends nothing.

    ``fresh`` makes a new secret for the app in place of any shown before, so that whoever saw the
    invitation earlier does not know it.
    """

    async def work() -> Invitation | None:
        member, key = await _invited(code, now), await SubjectKey.of(SYSTEM)
        if member is None:
            return None
        if fresh or member.totp is None:
            member.totp = key.seal(new_secret().encode(), f"staff_member.totp:{member.id}")
            await member.save(update_fields=["totp"])
        return Invitation(member.opened_login(key), member.opened_name(key), _secret(member, key))

    return await run_tx(work)


async def join(
    code: str, password: str, typed: str, *, language: str, now: datetime, wall: datetime
) -> str | Refused | Weakness:
    """Spend an invitation: from now on the member signs in with this password and the codes of the app
    that gave ``typed``. The cookie of a first session; else why not, and nothing is spent."""
    member, key = await _invited(code, now), await SubjectKey.of(SYSTEM)
    if member is None:
        return Refused.GONE
    if weak := weakness(password, member.opened_login(key)):
        return weak
    step = step_of(_secret(member, key), typed, wall)
    if step is None:
        return Refused.WRONG
    kept = key.seal((await hashed(password)).encode(), f"staff_member.password:{member.id}")

    async def spend() -> str | Refused:
        spent = await StaffMember.filter(
            id=member.id, invitation=member.invitation, invited_until__gt=now, disabled_at=None
        ).update(
            invitation=None,
            password=kept,
            totp=member.totp,
            totp_step=step,
            joined_at=now,
            language=language,
        )
        if not spent:
            return Refused.GONE
        await Event.record(Tag.STAFF_JOINED, now, member=member.id)
        return await StaffSession.open(member.id, wall)

    return await run_tx(spend)


async def sign_in(
    login: str, password: str, typed: str, *, network: str, now: datetime, wall: datetime
) -> str | Refused:
    """The cookie of a new session, or why not.

    A try is counted before anything is compared, in one statement. Whatever is wrong, as much is
    computed and stored, so that neither the answer nor its time says what it was.
    """
    index = StaffMember.index(login)
    source = ring().blind_index("staff network", f"{index} {network}")
    if await Tally.charge(TRIES, source, wall) > TRIES.most:
        return Refused.TOO_MANY
    key = await SubjectKey.of(SYSTEM)
    member = await StaffMember.get_or_none(login_index=index, disabled_at=None, joined_at__not_isnull=True)
    fits = await matches(_password(member, key) if member else DECOY, password)
    step = step_of(_secret(member, key) if member else _NO_SECRET, typed, wall)

    async def settle() -> str | Refused:
        # A wrong password is counted too, where nobody looks: it takes as long.
        counter = index if fits else ring().blind_index("staff decoy", index)
        tries = await Tally.charge(WRONG_CODES, counter, wall)
        right = fits and tries <= WRONG_CODES.most
        if not (right and member and step is not None and await _use_step(member, step)):
            await Event.record(Tag.STAFF_SIGN_IN_FAILED, now, member=member.id if member else None)
            return Refused.WRONG
        await Tally.give_back(WRONG_CODES, counter)
        await Tally.give_back(TRIES, source)
        await Event.record(Tag.STAFF_SIGNED_IN, now, member=member.id)
        return await StaffSession.open(member.id, wall)

    return await run_tx(settle)


async def _use_step(member: StaffMember, step: int) -> bool:
    """A code counts once, and only while the member has the same app and is on the roster."""
    mine = StaffMember.filter(id=member.id, totp_step__lt=step, joined_at=member.joined_at, disabled_at=None)
    return bool(await mine.update(totp_step=step))


async def _invited(code: str, now: datetime) -> StaffMember | None:
    return await StaffMember.get_or_none(
        invitation=StaffMember.fingerprint(code), invited_until__gt=now, disabled_at=None
    )


def _secret(member: StaffMember, key: SubjectKey) -> str:
    if member.totp is None:
        return _NO_SECRET
    return key.unseal(member.totp, f"staff_member.totp:{member.id}").decode()


def _password(member: StaffMember, key: SubjectKey) -> str:
    if member.password is None:
        return DECOY
    return key.unseal(member.password, f"staff_member.password:{member.id}").decode()
