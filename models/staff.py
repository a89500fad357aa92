"""The roster: who works at the desk, in which role, and how they come onto it and off it.

Names and logins are sealed under the system's key; a login is found by its blind index.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import count
from typing import TYPE_CHECKING
from unicodedata import normalize
from uuid import UUID

from tortoise import fields
from tortoise.models import Model

from chatbot.crypto import SealBroken
from chatbot.folding import fold
from models.event import Event, Tag
from models.keys import SYSTEM, SubjectKey, new_id, ring
from models.roles import Role

if TYPE_CHECKING:
    from models.staff_session import StaffSession

INVITATION_LIFE = timedelta(days=7)
LONGEST_NAME = 100
UNREADABLE = "?"
"""Stands for a name that no key opens."""
UNLINKED = {"chat": None, "link": None, "link_until": None}
"""The columns of a member whom no chat belongs to."""


class NotOnRoster(Exception):
    """Nobody on the roster has this login; or one cannot be put there. The message is one line."""


class Standing(StrEnum):
    """Where somebody on the roster stands."""

    INVITED = "invited"
    EXPIRED = "expired"
    """Invited, but the invitation can no longer be used."""
    JOINED = "joined"
    DISABLED = "disabled"


@dataclass(frozen=True, slots=True)
class Listed:
    """One line of the roster."""

    login: str
    name: str = field(repr=False)
    role: Role
    standing: Standing
    seen_on: date | None


class StaffMember(Model):
    """A member of staff.

    ``invitation`` is the peppered fingerprint of the code that is out, ``totp`` the sealed secret of the
    authenticator app, ``totp_step`` the last of its 30-second steps that was used, ``seen_on`` the last
    day in the room. ``chat`` is their own chat with the desk, by which they are known where staff are told
    (``models/staff_link.py``), ``link`` the peppered fingerprint of the code that links one.
    """

    id = fields.UUIDField(primary_key=True)
    login_index = fields.CharField(64, unique=True)
    login = fields.BinaryField()
    name = fields.BinaryField()
    role = fields.CharEnumField(Role, description="", max_length=10)
    language = fields.CharField(8, default="vi")
    invitation = fields.CharField(64, null=True, unique=True)
    invited_until = fields.DatetimeField(null=True)
    password = fields.BinaryField(null=True)
    totp = fields.BinaryField(null=True)
    totp_step = fields.BigIntField(default=0)
    created_at = fields.DatetimeField()
    joined_at = fields.DatetimeField(null=True)
    disabled_at = fields.DatetimeField(null=True)
    seen_on = fields.DateField(null=True)
    chat = fields.UUIDField(null=True, unique=True)
    link = fields.CharField(64, null=True, unique=True)
    link_until = fields.DatetimeField(null=True)
    sessions: fields.ReverseRelation[StaffSession]

    class Meta:
        table = "staff_member"

    @classmethod
    async def invite(cls, name: str, role: Role, login: str | None, now: datetime) -> tuple[str, str]:
        """Put somebody on the roster; the login, and the code of the invitation, which stands nowhere
        else. Without ``login`` one is made from the name. Inside a transaction.

        Raises NotOnRoster where the name or the login cannot be had.
        """
        name = normalize("NFC", " ".join(name.split()))
        if not fold(name) or len(name) > LONGEST_NAME:
            raise NotOnRoster(f"a name has 1 to {LONGEST_NAME} characters")
        if login is not None and not re.fullmatch("[a-z][a-z0-9]{1,23}", folded_login(login)):
            raise NotOnRoster("a login has 2 to 24 letters and digits, the first a letter")
        key = await SubjectKey.of(SYSTEM)
        base = folded_login(login) if login else _proposed(name)
        for number in count(1):
            wanted = base if number == 1 else f"{base}{number}"
            identity, code = new_id(), secrets.token_urlsafe(32)
            row = cls(
                id=identity,
                login_index=cls.index(wanted),
                login=key.seal(wanted.encode(), f"staff_member.login:{identity}"),
                name=key.seal(name.encode(), f"staff_member.name:{identity}"),
                role=role,
                invitation=cls.fingerprint(code),
                invited_until=now + INVITATION_LIFE,
                created_at=now,
            )
            # Who has the login already keeps it, however many invite at once.
            await cls.bulk_create([row], ignore_conflicts=True)
            if await cls.exists(id=identity):
                await Event.record(Tag.STAFF_INVITED, now, member=identity, detail=role)
                return wanted, code
            if login is not None:
                raise NotOnRoster(f"the login {wanted} is taken: invite its owner again with 'staff renew'")
        raise AssertionError("unreachable")

    @classmethod
    async def renew(cls, login: str, now: datetime) -> tuple[str, str]:
        """Invite somebody on the roster anew: who lost the telephone, let the invitation expire, or came
        back. Password, app, sessions and linked chat of before are gone at once. The login, and the code.
        Inside a transaction. Raises NotOnRoster."""
        member = await cls._by_login(login)
        code = secrets.token_urlsafe(32)
        await cls.filter(id=member.id).update(
            invitation=cls.fingerprint(code),
            invited_until=now + INVITATION_LIFE,
            password=None,
            totp=None,
            joined_at=None,
            disabled_at=None,
            **UNLINKED,
        )
        await member.sessions.all().delete()
        await Event.record(Tag.STAFF_INVITED, now, member=member.id, detail=member.role)
        return folded_login(login), code

    @classmethod
    async def disable(cls, login: str, now: datetime) -> int:
        """Take somebody off the roster at once; how many sessions that ended. Inside a transaction.
        Raises NotOnRoster."""
        member = await cls._by_login(login)
        if await cls.filter(id=member.id, disabled_at=None).update(
            disabled_at=now, invitation=None, **UNLINKED
        ):
            await Event.record(Tag.STAFF_DISABLED, now, member=member.id)
        return int(await member.sessions.all().delete())

    @classmethod
    async def roster(cls, now: datetime) -> list[Listed]:
        """Everybody who is or was on the roster, in the order of their coming. Raises SealBroken."""
        key = await SubjectKey.of(SYSTEM)
        return [
            Listed(
                member.opened_login(key),
                member.opened_name(key),
                member.role,
                member._standing(now),
                member.seen_on,
            )
            for member in await cls.all().order_by("created_at", "id")
        ]

    @classmethod
    async def speak(cls, identity: UUID, language: str) -> None:
        """From now on the room speaks this language with somebody."""
        await cls.filter(id=identity).update(language=language)

    @staticmethod
    def index(login: str) -> str:
        """By which a login is found, however it was typed."""
        return ring().blind_index("staff login", folded_login(login))

    @staticmethod
    def fingerprint(code: str) -> str:
        """An invitation's code as it is kept."""
        return ring().code_digest(code, b"staff invitation").hex()

    def opened_login(self, key: SubjectKey) -> str:
        """The login, given the system's key. Raises SealBroken."""
        return key.unseal(self.login, f"staff_member.login:{self.id}").decode()

    def opened_name(self, key: SubjectKey) -> str:
        """The name, given the system's key; UNREADABLE where that does not open it: it must keep nobody from
        their work."""
        try:
            return key.unseal(self.name, f"staff_member.name:{self.id}").decode()
        except SealBroken:
            return UNREADABLE

    @classmethod
    async def _by_login(cls, login: str) -> StaffMember:
        member = await cls.get_or_none(login_index=cls.index(login))
        if member is None:
            raise NotOnRoster("nobody on the roster has this login; 'staff list' shows all")
        return member

    def _standing(self, now: datetime) -> Standing:
        if self.disabled_at:
            return Standing.DISABLED
        if self.joined_at:
            return Standing.JOINED
        return Standing.INVITED if self.invited_until and self.invited_until > now else Standing.EXPIRED


def folded_login(typed: str) -> str:
    """A login as it counts: ``Mai.Nguyễn`` is ``mainguyen``."""
    return fold(typed).replace(" ", "")


def _proposed(name: str) -> str:
    """The given name and the initials before it, as Vietnamese offices write it: Nguyễn Thị Mai, maint."""
    words = [re.sub("[^a-z]", "", word) for word in fold(name).split()]
    letters = words[-1] + "".join(word[:1] for word in words[:-1])
    return letters[:20] if len(letters) > 1 else "nhanvien"
