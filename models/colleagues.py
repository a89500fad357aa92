"""Who works at the desk, as colleagues see each other."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from models.keys import SYSTEM, SubjectKey
from models.roles import MAY, Act, Role
from models.staff import StaffMember


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody who is or was on the roster; ``here`` says that they have joined and not left."""

    id: UUID
    name: str = field(repr=False)
    role: Role
    here: bool


async def colleagues() -> dict[UUID, Colleague]:
    """Everybody who ever was on the roster, by id, in the order of their coming."""
    key = await SubjectKey.of(SYSTEM)
    return {
        one.id: Colleague(one.id, one.opened_name(key), one.role, bool(one.joined_at) and not one.disabled_at)
        for one in await StaffMember.all().order_by("created_at", "id")
    }


def others(roster: Iterable[Colleague], member: UUID, act: Act = Act.HANDLE_CASE) -> list[Colleague]:
    """Who else is here and may do something."""
    return [one for one in roster if one.here and one.id != member and act in MAY[one.role]]
