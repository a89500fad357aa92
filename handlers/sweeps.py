"""What the clock asks for. A sweep looks at what is true now, so it may be repeated at any time, and
catches up by itself after a standstill. Each works in small batches, one short transaction each.

``now`` follows the desk's clock; ``wall`` is real time.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from chatbot.conversation import Tell
from chatbot.shop import Shop
from handlers.arrivals import Reach, chase
from handlers.claims import chase_claims, settle_claims
from handlers.escalation import overview, warn
from handlers.reminders import apologise, remind
from handlers.replies import tell_replies
from handlers.request_apologies import apologise_for_requests
from handlers.request_letters import chase_requests
from handlers.second_way import ask_for_second_way
from models import delivery
from models.chat import Chat
from models.code import Code
from models.contact_change import ContactChange
from models.contact_claim import ContactClaim
from models.deadline import Deadline
from models.delivery import Delivery
from models.event import Event, Tag
from models.letters import deliver_decisions
from models.link import PageLink
from models.outgoing import Outgoing
from models.proof import Proof
from models.request_file import RequestFile
from models.tally import Tally

BATCH = 200
"""Rows per transaction, so that none holds the write lock for long, where one statement deals with all."""
ONE_BY_ONE = 10
"""Rows per transaction where each takes several statements, some 5 ms."""

Sweep = Callable[[datetime, datetime], Awaitable[int]]
"""Do one batch of what is due, given now and the real time; how many rows that was."""


@dataclass(frozen=True, slots=True)
class Due:
    """A sweep by its name, and how often it is looked whether there is something to do.

    ``own_transactions`` is for one that looks at much before it writes, which would hold up everybody who
    writes, or that waits for the outside, which no transaction may do; ``on_commit`` has one that waits run
    also soon after each commit, beside the others; ``long`` is for one that may take minutes where thousands
    of rows are due, as no deadline is to wait for it.
    """

    name: str
    every: timedelta
    run: Sweep
    own_transactions: bool = False
    on_commit: bool = False
    long: bool = False


async def forget_codes(now: datetime, wall: datetime) -> int:
    return await Code.forget(now - timedelta(days=1), BATCH)


async def expire_codes(now: datetime, wall: datetime) -> int:
    return await Outgoing.expire_codes(now - timedelta(days=1), BATCH)


async def forget_links(now: datetime, wall: datetime) -> int:
    return await PageLink.forget(now - timedelta(days=1), BATCH)


async def forget_tallies(now: datetime, wall: datetime) -> int:
    return await Tally.forget(wall - timedelta(days=2), BATCH)


async def forget_deliveries(now: datetime, wall: datetime) -> int:
    return await Delivery.forget(now - delivery.KEPT, BATCH)


async def forget_kept(now: datetime, wall: datetime) -> int:
    """What customers wrote is kept no longer than their last contact could be (policy, section 3)."""
    return await Delivery.forget_kept(now - timedelta(days=365), BATCH)


async def forget_claims(now: datetime, wall: datetime) -> int:
    """What was told for a claim that has ended is kept no longer either (policy, section 3)."""
    return await ContactClaim.forget(now - timedelta(days=365), BATCH)


async def forget_requests(now: datetime, wall: datetime) -> int:
    """The words of a request that is of nobody's record go a year after its end (policy, section 3); of a
    record they go with it."""
    gone = await RequestFile.forget_keyless(BATCH)
    return gone or await RequestFile.forget_nobodys(now - timedelta(days=365), ONE_BY_ONE)


async def forget_changes(now: datetime, wall: datetime) -> int:
    """The contact as it was before a change is kept for the undo alone."""
    return await ContactChange.forget(now, BATCH)


async def forget_proofs(now: datetime, wall: datetime) -> int:
    return await Proof.forget(now - timedelta(days=30), BATCH)


async def hide_shown(now: datetime, wall: datetime) -> int:
    """A proof that has idled out, or under stricter handling is fresh no longer, shows nothing any more, on a
    page left open either."""
    idled, stale = await Proof.idled(wall, ONE_BY_ONE), await Proof.stale(now, ONE_BY_ONE)
    for identity, end in [(one, Proof.end) for one in idled] + [(one, Proof.end_stale) for one in stale]:
        chat = await Chat.hold_by_id(identity)
        if chat:
            if await end(chat, now):
                await Event.record(Tag.PROOF_ENDED, now, chat=chat.id)
            await Outgoing.hide(chat)
    return len(idled) + len(stale)


async def forget_abandoned(now: datetime, wall: datetime) -> int:
    """A question that expired a week ago is not answered any more: what was typed for it goes."""
    return await Chat.forget_abandoned(now - timedelta(days=7), BATCH)


async def stop_clocks(now: datetime, wall: datetime) -> int:
    """A decision has kept its promise when a channel has taken it."""
    return await deliver_decisions(now, wall, ONE_BY_ONE)


SWEEPS = (
    Due("stop clocks of answered cases", timedelta(seconds=5), stop_clocks),
    Due("forget codes", timedelta(minutes=10), forget_codes),
    Due("expire unsent codes", timedelta(hours=1), expire_codes),
    Due("forget links", timedelta(minutes=10), forget_links),
    Due("forget tallies", timedelta(hours=1), forget_tallies),
    Due("forget deliveries", timedelta(hours=1), forget_deliveries),
    Due("forget kept messages", timedelta(hours=1), forget_kept),
    Due("forget ended claims", timedelta(hours=1), forget_claims),
    Due("forget words of requests", timedelta(hours=1), forget_requests),
    Due("forget changed contacts", timedelta(hours=1), forget_changes),
    Due("forget ended proofs", timedelta(hours=1), forget_proofs),
    Due("hide what was shown", timedelta(seconds=30), hide_shown),
    Due("forget abandoned questions", timedelta(hours=1), forget_abandoned),
)


def case_sweeps(shop: Shop, tell: Tell, reach: Reach) -> tuple[Due, ...]:
    """The sweeps over cases, claims and requests, which tell staff and customers."""

    async def recount(now: datetime, wall: datetime) -> int:
        """Only after the calendar has changed is there something to count."""
        return await Deadline.recount(shop.calendar, ONE_BY_ONE)

    return (
        Due("recount deadlines", timedelta(days=1), recount),
        Due("warn of deadlines", timedelta(minutes=1), partial(warn, shop, tell), own_transactions=True),
        Due("tell of replies", timedelta(minutes=1), partial(tell_replies, tell)),
        Due("morning overview", timedelta(minutes=5), partial(overview, shop, tell)),
        Due("remind of proof", timedelta(minutes=10), partial(remind, shop, tell), own_transactions=True),
        Due(
            "ask for a second way",
            timedelta(minutes=10),
            partial(ask_for_second_way, tell, reach),
            own_transactions=True,
        ),
        Due(
            "chase what did not arrive",
            timedelta(minutes=1),
            partial(chase, shop, tell, reach),
            own_transactions=True,
        ),
        Due(
            "chase what became of claims",
            timedelta(minutes=1),
            partial(chase_claims, shop, tell, reach),
            own_transactions=True,
        ),
        Due(
            "chase letters of requests",
            timedelta(minutes=1),
            partial(chase_requests, shop, tell, reach),
            own_transactions=True,
        ),
        Due(
            "apologise for missed days of requests",
            timedelta(minutes=10),
            partial(apologise_for_requests, shop, tell, reach),
            own_transactions=True,
        ),
        Due(
            "settle claims to new contacts",
            timedelta(minutes=1),
            partial(settle_claims, shop, tell),
            own_transactions=True,
        ),
        Due(
            "apologise for missed days",
            timedelta(minutes=10),
            partial(apologise, shop, tell),
            own_transactions=True,
        ),
    )
