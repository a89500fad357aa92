"""The token chain of the Official Account: one row for all processes, its tokens sealed.

Each verb is one short statement or two, called in a transaction of its own; the call to Zalo lies between
``claim`` and ``store``. What the states mean stands in ``chatbot/channels/zalo/tokens.py``.
"""

from __future__ import annotations

from datetime import datetime

from tortoise import fields
from tortoise.models import Model

from models.database import fetch
from models.keys import SYSTEM, SubjectKey

_ONE = "oa"
"""The name of the only row."""
WHOLE, UNKNOWN = "whole", "unknown"


class ZaloChain(Model):
    """The tokens, and who is renewing them until when.

    ``turn`` counts the renewals. A row that is claimed by ``holder`` is let go by ``held_until`` at the
    latest; one that is not was left by a process that died, and nobody knows how far it came.
    """

    name = fields.CharField(10, primary_key=True)
    access = fields.BinaryField(null=True)
    refresh = fields.BinaryField()
    access_until = fields.DatetimeField()
    refresh_until = fields.DatetimeField()
    link = fields.CharField(10)
    turn = fields.IntField()
    holder = fields.CharField(24, null=True)
    held_until = fields.DatetimeField(null=True)

    class Meta:
        table = "zalo_chain"

    @classmethod
    async def read(cls) -> ZaloChain | None:
        """The chain, or None where no token was ever given."""
        return await cls.get_or_none(name=_ONE)

    async def opened(self) -> tuple[str | None, str]:
        """The access token, where there is one, and the refresh token. Raises SealBroken."""
        key = await SubjectKey.of(SYSTEM)
        access = self.access and key.unseal(self.access, "zalo_chain.access:oa").decode()
        return access or None, key.unseal(self.refresh, "zalo_chain.refresh:oa").decode()

    @classmethod
    async def begin(cls, refresh: str, now: datetime, refresh_until: datetime) -> None:
        """A refresh token by hand: the chain is whole again, and to be renewed at once."""
        key = await SubjectKey.of(SYSTEM)
        sealed = key.seal(refresh.encode(), "zalo_chain.refresh:oa")
        turn = (chain.turn + 1) if (chain := await cls.read()) else 0
        await cls.filter(name=_ONE).delete()
        await cls.create(
            name=_ONE,
            refresh=sealed,
            access_until=now,
            refresh_until=refresh_until,
            link=WHOLE,
            turn=turn,
        )

    @classmethod
    async def claim(cls, holder: str, now: datetime, until: datetime, *, mend: bool) -> ZaloChain | None:
        """Take the chain for one renewal, if it is free, and whole or to be mended."""
        rows = await fetch(
            "UPDATE zalo_chain SET holder = ?, held_until = ?"
            " WHERE name = 'oa' AND holder IS NULL AND (link = 'whole' OR ?) RETURNING *",
            holder,
            until,
            mend,
        )
        return cls._init_from_db(**rows[0]) if rows else None

    @classmethod
    async def expire(cls, now: datetime) -> bool:
        """Take the chain from a holder whose time is over: nobody knows how it stands. True where there
        was one."""
        rows = await fetch(
            "UPDATE zalo_chain SET holder = NULL, held_until = NULL, link = ?"
            " WHERE name = 'oa' AND holder IS NOT NULL AND held_until <= ? RETURNING name",
            UNKNOWN,
            now,
        )
        return bool(rows)

    @classmethod
    async def store(
        cls, turn: int, access: str, refresh: str, access_until: datetime, refresh_until: datetime
    ) -> bool:
        """What followed on a turn; False where the chain has gone on meanwhile. Stored also where the
        chain was thought unknown: a successor is better than none."""
        key = await SubjectKey.of(SYSTEM)
        rows = await fetch(
            "UPDATE zalo_chain SET access = ?, refresh = ?, access_until = ?, refresh_until = ?,"
            " link = ?, turn = turn + 1, holder = NULL, held_until = NULL"
            " WHERE name = 'oa' AND turn = ? RETURNING name",
            key.seal(access.encode(), "zalo_chain.access:oa"),
            key.seal(refresh.encode(), "zalo_chain.refresh:oa"),
            access_until,
            refresh_until,
            WHOLE,
            turn,
        )
        return bool(rows)

    @classmethod
    async def let_go(cls, holder: str, link: str | None = None) -> bool:
        """End a claim, where it is still held; ``link`` is how the chain stands now, if not as before."""
        rows = await fetch(
            "UPDATE zalo_chain SET holder = NULL, held_until = NULL, link = COALESCE(?, link)"
            " WHERE name = 'oa' AND holder = ? RETURNING name",
            link,
            holder,
        )
        return bool(rows)
