"""What the shop owes somebody an answer to, behind a clock: a complaint or a data subject request."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from models.case import Case
from models.case_states import OPEN
from models.data_request import DataRequest, RequestState

Owed = Case | DataRequest


async def owed(ids: Sequence[UUID]) -> list[Owed]:
    """The open cases and requests of these ids, in their order; without what has been closed."""
    if not ids:
        return []
    cases = await Case.filter(id__in=ids, state__in=list(OPEN))
    requests = await DataRequest.filter(id__in=ids, state=RequestState.OPEN)
    found: dict[UUID, Owed] = {**{one.id: one for one in cases}, **{one.id: one for one in requests}}
    return [found[identity] for identity in ids if identity in found]


async def by_code(typed: str) -> Owed | None:
    """The case or request of a number however it is typed; None where there is none."""
    return await Case.by_code(typed) or await DataRequest.by_code(typed)


def is_open(one: Owed) -> bool:
    """Whether something is still owed."""
    return one.state in OPEN if isinstance(one, Case) else one.state is RequestState.OPEN


async def count_open() -> int:
    """How many cases and requests are open."""
    return (
        await Case.filter(state__in=list(OPEN)).count()
        + await DataRequest.filter(state=RequestState.OPEN).count()
    )
