"""A case that somebody in the room is about to change, with what belongs to it, in one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from aiohttp import web

from chatbot.messages import Matter
from chatbot.pages.room.base import Member
from models.case import Case, Statement
from models.case_states import OPEN, CaseState
from models.chat import Chat
from models.colleagues import Colleague, colleagues, others
from models.letters import UNDER_WAY, letter_of, not_arrived
from models.other_ways import OtherWay, other_ways
from models.outgoing import State
from models.roles import Act
from models.warning import ClockWarning


@dataclass(frozen=True)
class Held:
    """A case, its words, where its customer is reached, and who works here. ``letter`` is where the letter
    with its decision stands; ``missed`` is what did not arrive, and of when that is; ``warned`` is the latest
    warning of each clock that runs."""

    case: Case
    statement: Statement = field(repr=False)
    chat: Chat | None
    ways: Sequence[OtherWay]
    roster: Mapping[UUID, Colleague]
    letter: State | None
    missed: Sequence[tuple[Matter, datetime]]
    warned: Mapping[UUID, ClockWarning]
    now: datetime

    def others(self, member: Member, act: Act = Act.HANDLE_CASE) -> list[Colleague]:
        """Who else is here and may do something."""
        return others(self.roster.values(), member.id, act)

    def acts(self, member: Member) -> frozenset[str]:
        """What a member may do with the case as it stands."""
        case, open_ = self.case, self.case.state in OPEN
        mine = open_ and case.handler == member.id
        free = open_ and (case.handler is None or not self.roster[case.handler].here)
        if not member.may(Act.HANDLE_CASE):
            return frozenset()
        possible = {
            "take": free and (case.first_handler != member.id or self.is_alone(member)),
            "hand_over": mine and bool(self.heirs(member)),
            "ask": mine,
            "note": True,
            "upload": mine,
            "accept": mine and case.state is CaseState.WAITING,
            "decide": mine and case.state is CaseState.RUNNING,
            "by_hand": case.handler == member.id and (self.is_untold or bool(self.missed)),
            "breach": case.breach_at is None,
            "seen": open_ and self.told_at is not None,
            "approve": self._waits and self.may_approve(member),
            "decline": self._waits and (self.may_approve(member) or case.proposed_by == member.id),
            "record": member.may(Act.OPEN_RECORD),
        }
        return frozenset(act for act, may in possible.items() if may)

    def heirs(self, member: Member) -> list[Colleague]:
        """To whom the case may be handed: after an appeal not to who decided it first."""
        return [one for one in self.others(member) if one.id != self.case.first_handler]

    def is_alone(self, member: Member) -> bool:
        """Whether nobody else on the roster could take the case."""
        return not self.others(member)

    def is_second(self, member: Member) -> bool:
        """Whether somebody is another person than the one who put the decision forward."""
        return self.case.proposed_by != member.id

    def may_approve(self, member: Member) -> bool:
        """A second person whose role permits it; the same one only where there is nobody else."""
        if self.is_second(member):
            return member.may(Act.APPROVE_PAYMENT)
        return not self.others(member, Act.APPROVE_PAYMENT)

    @property
    def told_at(self) -> datetime | None:
        """When staff were told the latest warning that nobody has taken."""
        return max((one.told_at for one in self.warned.values() if one.taken_at is None), default=None)

    @property
    def is_untold(self) -> bool:
        """Whether there is a decision, and no letter that has arrived with it or may still do so."""
        return self.case.state is CaseState.DECIDED and self.letter not in UNDER_WAY

    @property
    def _waits(self) -> bool:
        return self.case.state is CaseState.RUNNING and self.case.proposal is not None


async def hold(code: str, now: datetime) -> Held:
    """The case of a number, as it is now; inside a transaction its chat is held, in the order in which the
    customer's own messages do it. Raises HTTPNotFound and SealBroken."""
    case = await Case.by_code(code)
    if case is None:
        raise web.HTTPNotFound
    chat = await Chat.hold_by_id(case.chat) if case.chat else None
    fresh = await Case.load(case.id) if chat else case
    if fresh is None:
        raise web.HTTPNotFound
    return Held(
        fresh,
        fresh.opened(),
        chat,
        await other_ways(fresh),
        await colleagues(),
        await letter_of(fresh),
        await not_arrived(fresh),
        await ClockWarning.out(fresh.id),
        now,
    )
