"""What customers have added to their cases, told to staff case by case: how much, never what."""

from __future__ import annotations

from datetime import datetime
from functools import reduce

from chatbot.conversation import Say, Tell, ToStaff
from handlers.staff.card import page_of
from models.case import Case
from models.reply import CaseReply, Gathered

BATCH = 50
"""Cases per transaction."""


async def tell_replies(tell: Tell, now: datetime, wall: datetime) -> int:
    """Tell staff of each case to which something has come, once it has been gathered for long enough."""
    gathered = await CaseReply.gathered(now, BATCH)
    for reply in gathered:
        case = await Case.get_or_none(id=reply.case)
        if case:
            words = Say("escalation.reply", code=case.code, what=how_much(reply))
            await tell(ToStaff(words, page=page_of(case)), now, wall)
    return len(gathered)


def how_much(reply: Gathered) -> Say:
    """What came, without what did not: 2 tin, 1 ảnh."""
    counts = {"texts": reply.texts, "photos": reply.photos, "files": reply.files}
    parts = [Say(f"escalation.count.{name}", count=count) for name, count in counts.items() if count]
    return reduce(lambda before, part: Say("escalation.and", before=before, part=part), parts)
