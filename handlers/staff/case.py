"""/ca: one case or request with its buttons; and what these do: Đã nắm, Nhận việc, Chuyển.

The same verbs as in the staff room. Of two people at once the first wins; the second is told how the case
stands. So is whoever presses a button that is out of date: no old message has to be changed.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime

from chatbot.clock import local_date
from chatbot.conversation import Offer, Say
from chatbot.staff_turn import StaffTurn
from handlers.staff.card import card, due_when, initials, names_of, offers, page_of, who
from models import casework
from models.case import Case
from models.case_states import OPEN
from models.colleagues import Colleague, colleagues, others
from models.deadline import Deadline
from models.keys import SYSTEM, SubjectKey
from models.owed import Owed, by_code, is_open
from models.staff import StaffMember
from models.warning import ClockWarning

MOST_HEIRS = 24
"""Colleagues who are offered; a keyboard of Telegram has room for a hundred buttons, a telephone for few."""

_LONGEST = 40
"""Characters of a typed number."""


async def show(turn: StaffTurn, member: StaffMember, rest: str) -> Say | None:
    """The card of a case or request."""
    if not rest:
        return Say("group.which_case")
    one = await by_code(rest[:_LONGEST])
    if one is None:
        return Say("group.no_case")
    today = local_date(turn.now)
    clocks = await Deadline.filter(about=one.id, met_at=None).order_by("due_on", "id")
    lines = [due_when(clock, turn.shop, today) for clock in clocks]
    state = Say(f"group.state.{one.state}")
    words = card(one, [state, *lines], await names_of([one]), turn.shop, today, Say("group.more_in_room"))
    turn.tell(words, page=page_of(one), offers=offers(one, turn.now) if is_open(one) else ())
    return None


async def seen(turn: StaffTurn, member: StaffMember, one: Owed, told_by: str) -> Say:
    """Đã nắm: silences what staff were told until the card was written; the next rung comes on its day."""
    if not re.fullmatch(r"[0-9]{10}", told_by):
        return Say("group.old_button")
    until = datetime.fromtimestamp(int(told_by), UTC)
    if not await ClockWarning.take(one, member.id, until, turn.now):
        return Say("group.nothing_to_see", stands=await stands(one))
    return await done(turn, Say("group.seen", code=one.code, who=await own(member)))


async def take(turn: StaffTurn, member: StaffMember, case: Case, more: str) -> Say:
    """Nhận việc: of a case that nobody has; after an appeal somebody else than before."""
    alone = not others((await colleagues()).values(), member.id)
    if await casework.take(case, member.id, turn.now, alone=alone):
        return await done(turn, Say("group.taken", code=case.code, who=await own(member)))
    if case.handler is None and case.state in OPEN and case.first_handler == member.id:
        return Say("group.needs_another", code=case.code)
    return await stands(case)


async def give(turn: StaffTurn, member: StaffMember, case: Case, to: str) -> Say:
    """Chuyển: first to whom is asked, then it is done. Only who has a case can hand it over."""
    if case.handler != member.id or case.state not in OPEN:
        return await stands(case)
    heirs = [one for one in others((await colleagues()).values(), member.id) if one.id != case.first_handler]
    if not heirs:
        return Say("group.no_heir")
    if not to:
        turn.tell(Say("group.give_to", code=case.code), page=page_of(case), offers=choices(case, heirs))
        return Say("group.choose")
    heir = next((one for one in heirs if one.id.hex == to), None)
    if heir is None:
        return Say("group.not_here")
    if not await casework.hand_over(case, member.id, heir.id, turn.now):
        return await stands(case)
    given = Say("group.given", code=case.code, who=await own(member), to=initials(heir.name))
    return await done(turn, given)


def choices(case: Case, heirs: Sequence[Colleague]) -> tuple[Offer, ...]:
    """A button for each colleague whom initials and role tell from the others; the staff room has all."""
    alike = Counter((initials(one.name), one.role) for one in heirs)
    known = [one for one in heirs if alike[initials(one.name), one.role] == 1]
    return tuple(
        Offer(
            f"give:{case.code}:{one.id.hex}",
            Say("group.heir", who=initials(one.name), role=Say(f"room.role.{one.role}")),
        )
        for one in known[:MOST_HEIRS]
    )


async def done(turn: StaffTurn, say: Say) -> Say:
    """Everybody hears what was done, and so does who did it."""
    turn.tell(say)
    return say


async def stands(one: Owed) -> Say:
    """How a case or request stands now: nothing was done."""
    await one.refresh_from_db(fields=["state", "handler"] if isinstance(one, Case) else ["state"])
    names = await names_of([one])
    return Say("group.stands", code=one.code, state=Say(f"group.state.{one.state}"), who=who(one, names))


async def own(member: StaffMember) -> str:
    """The initials of who is asking."""
    return initials(member.opened_name(await SubjectKey.of(SYSTEM)))
