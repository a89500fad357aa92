"""Members of staff, as the tests make them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import pyotp

from models.database import run_tx
from models.roles import Role
from models.staff import StaffMember
from models.staff_entry import join, open_invitation

NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
PASSWORD = "ba con mèo trên mái nhà"


@dataclass
class Colleague:
    """Somebody who has joined: what they know, what their app shows, and their first session's cookie."""

    login: str
    secret: str
    cookie: str

    def code(self, wall: datetime) -> str:
        """What the app shows at a real time."""
        return pyotp.TOTP(self.secret).at(wall)


async def invite(name: str = "Nguyễn Thị Mai", role: Role = Role.AGENT) -> tuple[str, str]:
    """Login and code of a new invitation, made at NOW."""
    return await run_tx(lambda: StaffMember.invite(name, role, None, NOW))


async def hire(
    name: str = "Nguyễn Thị Mai", role: Role = Role.AGENT, *, language: str = "vi", wall: datetime = NOW
) -> Colleague:
    """Invite somebody who joins at once."""
    login, code = await invite(name, role)
    invitation = await open_invitation(code, NOW, fresh=True)
    assert invitation is not None
    typed = pyotp.TOTP(invitation.secret).at(wall)
    cookie = await join(code, PASSWORD, typed, language=language, now=NOW, wall=wall)
    assert isinstance(cookie, str), cookie
    return Colleague(login, invitation.secret, cookie)
