"""What the database knows of the desk itself."""

from __future__ import annotations

from tortoise import fields
from tortoise.models import Model

from models.keys import SubjectKey, ring


class WrongKeyRing(Exception):
    """The key ring is not the one that sealed this database."""


class Desk(Model):
    """A named fact, such as the fingerprint of the key ring."""

    name = fields.CharField(40, primary_key=True)
    value = fields.CharField(200)

    class Meta:
        table = "desk"

    @classmethod
    async def claim(cls) -> None:
        """Bind a new database to the key ring in use, or see that it is bound to this one, and that this is
        no copy from before a rotation. Raises WrongKeyRing."""
        mine = ring().fingerprint()
        await cls.bulk_create([cls(name="key_ring", value=mine)], ignore_conflicts=True)
        if (await cls.get(name="key_ring")).value != mine:
            raise WrongKeyRing(
                "this database was sealed with another key ring: set KEYRING to the one it was made with"
            )
        lacking = [number for number in await SubjectKey.wrapped_by() if not ring().holds(number)]
        if lacking:
            raise WrongKeyRing(
                f"this copy of the key ring lacks wrapping key {lacking[0]}: put its newest copy at KEYRING"
            )
