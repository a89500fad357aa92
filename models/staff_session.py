"""Who is in the staff room: sessions, which end by themselves. All of their times are real times."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from uuid import UUID

from tortoise import fields
from tortoise.models import Model

from chatbot.clock import local_date
from models.event import Event, Tag
from models.keys import ring
from models.staff import StaffMember

IDLE = timedelta(minutes=30)
"""A session ends when nothing was asked for this long."""
LONGEST = timedelta(hours=12)
"""And when it is this old, whatever is asked."""


class StaffSession(Model):
    """One browser of one member of staff. Only a peppered fingerprint of its cookie is stored."""

    digest = fields.CharField(64, primary_key=True)
    member: fields.ForeignKeyRelation[StaffMember] = fields.ForeignKeyField(
        "models.StaffMember", related_name="sessions", db_index=True
    )
    created_at = fields.DatetimeField()
    used_at = fields.DatetimeField()

    class Meta:
        table = "staff_session"

    @classmethod
    async def open(cls, member: UUID, wall: datetime) -> str:
        """Begin a session; its cookie. Those of the member that have ended by themselves go."""
        await cls.filter(member_id=member, used_at__lte=wall - IDLE).delete()
        token = secrets.token_urlsafe(32)
        await cls.create(digest=cls._digest(token), member_id=member, created_at=wall, used_at=wall)
        return token

    @classmethod
    async def use(cls, token: str, now: datetime, wall: datetime) -> StaffMember | None:
        """Who a cookie belongs to, and that they have just done something; None where the session has
        ended. ``now`` says which day it is at the desk."""
        alive = cls.filter(
            digest=cls._digest(token),
            used_at__gt=wall - IDLE,
            created_at__gt=wall - LONGEST,
        )
        # Looked for before it is written, as anybody can send any cookie.
        session = await alive.select_related("member").first()
        if session is None or session.member.disabled_at or not await alive.update(used_at=wall):
            return None
        member = session.member
        if member.seen_on != local_date(now):
            await StaffMember.filter(id=member.id).update(seen_on=local_date(now))
        return member

    @classmethod
    async def is_open(cls, token: str, wall: datetime) -> bool:
        """Whether a session would still let somebody in. Looking keeps nothing alive."""
        session = await cls.filter(
            digest=cls._digest(token), used_at__gt=wall - IDLE, created_at__gt=wall - LONGEST
        ).exists()
        return bool(session)

    @classmethod
    async def end(cls, token: str, now: datetime) -> None:
        """Sign out. Inside a transaction."""
        session = await cls.filter(digest=cls._digest(token)).select_related("member").first()
        if session:
            await session.delete()
            await Event.record(Tag.STAFF_SIGNED_OUT, now, member=session.member.id)

    @staticmethod
    def _digest(token: str) -> str:
        return ring().code_digest(token, b"staff session").hex()
