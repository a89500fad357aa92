"""What must arrive and did not: it goes by another way, once, or somebody of the staff tells the customer.

A message by another way holds nothing but the number of the case and where to read on: it may lie open on a
locked telephone, or in a mailbox that others read too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby

from chatbot.clock import local_date
from chatbot.conversation import Say, Tell, ToContact, ToStaff
from chatbot.messages import About, Kind, Matter
from chatbot.shop import Shop
from handlers.rungs import DAYTIME, within
from models.case import Case
from models.case_entry import CaseEntry, Entry
from models.case_states import CaseState
from models.chat import Chat
from models.database import in_batches, run_tx
from models.deadline import Deadline
from models.event import Event, Tag
from models.letters import OF_REQUESTS, Letter, end_arrived, give_up, left_letters, miss
from models.other_ways import OtherWay, other_ways
from models.promises import Promise

UNREAD = timedelta(hours=1)
"""How long a message may stand unread where nothing on the customer's own device says that it came."""

STRANDED = timedelta(days=1)
"""How long a message waits for an outlet that was removed from the settings: as long as one is tried."""

BATCH = 20
"""Cases per transaction."""


@dataclass(frozen=True, slots=True)
class Reach:
    """How this desk reaches customers: the kinds of contact that it can write to, the channels that keep no
    history (a message there has arrived when it was seen), all its outlets, the address of its own pages,
    and how long after a person's last message some channels still take ours."""

    kinds: frozenset[Kind]
    unkept: frozenset[str]
    outlets: frozenset[str]
    page: str | None
    windows: Mapping[str, timedelta] = field(default_factory=dict)

    def takes(self, chat: Chat, now: datetime) -> bool:
        """Whether a message to a chat comes before the eyes of somebody who does not look for it."""
        window = self.windows.get(chat.channel)
        is_open = window is None or now - chat.last_inbound_at < window
        kept = chat.channel in self.outlets and chat.channel not in self.unkept
        return chat.reachable and kept and is_open


async def chase(shop: Shop, tell: Tell, reach: Reach, now: datetime, wall: datetime) -> int:
    """Point customers to what was refused, or stands unread for an hour; of several letters of one case
    with one message. What cannot be told so is a task for staff. By day only, but for a decision on the last
    day of its promise."""
    if ended := await run_tx(lambda: end_arrived(reach.unkept, BATCH)):
        return ended
    if given_up := await run_tx(lambda: give_up(reach.outlets, now - STRANDED, wall, BATCH)):
        return given_up
    due = [one for one in await unread(now) if one.matter not in {Matter.CLAIM, *OF_REQUESTS}]
    by_case = [list(group) for _, group in groupby(due, key=lambda letter: letter.about)]
    if not within(DAYTIME, now):
        by_case = [letters for letters in by_case if _is_decision_refused(letters)]

    async def batch(some: Sequence[Sequence[Letter]]) -> int:
        return await _chase(some, shop, tell, reach, now, wall)

    return await in_batches(by_case, BATCH, batch)


async def _chase(
    by_case: Sequence[Sequence[Letter]], shop: Shop, tell: Tell, reach: Reach, now: datetime, wall: datetime
) -> int:
    """Look after the letters of some cases; of how many."""
    done, tasks = 0, list[str]()
    for letters in by_case:
        case = await Case.load(letters[0].about)
        if case is None or case.ended_at is not None:
            continue
        if not within(DAYTIME, now) and not await _is_last_chance(case, letters, now):
            continue
        # One statement: of two processes at once one has the letters, the other none.
        if not await miss(letters):
            continue
        if not await _pointed(shop, tell, reach, case, letters, now, wall):
            await CaseEntry.add(case, Entry.UNREACHED, now)
            await Event.record(Tag.CASE_UNREACHED, now, case=case.id)
            tasks.append(case.code)
        done += 1
    if tasks:
        await tell(ToStaff(Say("reminder.unreached", count=len(tasks), codes=", ".join(tasks))), now, wall)
    return done


async def unread(now: datetime) -> list[Letter]:
    """The letters that were refused, or stand unread for an hour."""
    return [one for one in await left_letters() if one.sent_at is None or one.sent_at <= now - UNREAD]


async def _pointed(
    shop: Shop, tell: Tell, reach: Reach, case: Case, letters: Sequence[Letter], now: datetime, wall: datetime
) -> bool:
    """Write to another contact; whether that is enough. A hint at a refused decision stands for it where it
    leads to it (``models.letters.deliver_decisions``); where it does not, staff are to tell it as well."""
    way = await _way(case, letters, reach)
    if way is None:
        return False
    untold = _is_untold(case, letters)
    about = About(case.id, Matter.DECISION if untold and way.opens else Matter.HINT)
    language = next((one.language for one in letters if one.language), None)
    words = Say("reminder.unread", shop=shop.name, code=case.code, email=shop.email)
    if reach.page:
        words = Say("desk.told.look", page=reach.page, **words.params)
    hint = ToContact(way.kind, way.value, words, about=about, language=language, subject=case.id)
    await tell(hint, now, wall)
    await CaseEntry.add(case, Entry.POINTED, now)
    await Event.record(Tag.CASE_POINTED, now, case=case.id, detail=way.kind)
    return way.opens or not untold


def _is_untold(case: Case, letters: Sequence[Letter]) -> bool:
    """Whether a decision was refused, so that its clock goes on."""
    return _is_decision_refused(letters) and case.state is CaseState.DECIDED


def _is_decision_refused(letters: Sequence[Letter]) -> bool:
    return any(one.matter is Matter.DECISION and one.sent_at is None for one in letters)


async def _is_last_chance(case: Case, letters: Sequence[Letter], now: datetime) -> bool:
    if not _is_untold(case, letters):
        return False
    clock = await Deadline.running(case.id, Promise.RESOLVE)
    return clock is not None and clock.promised_on == local_date(now)


async def _way(case: Case, letters: Sequence[Letter], reach: Reach) -> OtherWay | None:
    """The contact to write to; None where one has failed already, or where a chat that refuses our messages
    is the only place to read them. A decision prefers a contact that opens the case."""
    refused = any(one.sent_at is None for one in letters)
    if any(one.language is None for one in letters) or (refused and reach.page is None):
        return None
    ways = [way for way in await other_ways(case) if way.kind in reach.kinds]
    if _is_untold(case, letters):
        ways.sort(key=lambda way: not way.opens)
    return ways[0] if ways else None
