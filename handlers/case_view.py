"""A case as its customer is told of it: the state, the days left, the files, the timeline, the decision.

The customer's own words and the names of their files are masked outside our own server. What staff ask
and decide is said in full everywhere: it must arrive, and the customer needs it to answer.
"""

from __future__ import annotations

from typing import TypeVar

from chatbot.clock import local_date
from chatbot.conversation import Paragraph, Say, Turn
from chatbot.masking import HIDDEN
from chatbot.values import FileSize, Money, WithWeekday
from models.case import Case, Compensation
from models.case_entry import CaseEntry, Entry
from models.case_states import OPEN
from models.deadline import Deadline, days_left
from models.evidence import Evidence, EvidenceState
from models.promises import Promise
from models.receipts import receipt_of

D = TypeVar("D")

_OWN_WORDS = frozenset({Entry.CUSTOMER_WROTE, Entry.APPEALED})
_MOST_ENTRIES = 20
_MOST_CHARACTERS = 200
"""How much of the customer's own words is repeated to them."""
_MOST_OF_A_NAME = 60


async def told(turn: Turn[D], case: Case) -> list[Say]:
    """Everything about a case, in lines. Raises SealBroken."""
    what = _own(turn, case.opened().what, _MOST_CHARACTERS)
    asked = await CaseEntry.questions(case)
    return [
        *await stands(turn, case),
        *await _receipt(turn, case),
        Paragraph("status.filed", at=case.filed_at, what=what),
        *await _files(turn, case),
        *await _timeline(turn, case),
        *[Paragraph("status.question", words=entry.opened(case) or "") for entry in asked],
    ]


async def stands(turn: Turn[D], case: Case) -> list[Say]:
    """The state of a case, and each promise that runs: its day, and the working days left or gone by."""
    today = local_date(turn.now)
    lines: list[Say] = [Say(f"status.state.{case.state}", code=case.code)]
    late = False
    for promise in (Promise.RESOLVE, Promise.NEGOTIATE, Promise.EVIDENCE):
        clock = await Deadline.running(case.id, promise)
        if clock is None:
            continue
        left = days_left(turn.shop.calendar, today, clock.promised_on)
        lines.append(Say(f"status.due.{promise}", due=WithWeekday(clock.promised_on)))
        if today > clock.promised_on:
            late = True
            # On a day off right after the last day no working day has gone by yet.
            lines.append(Say("status.overdue", by=-left) if left else Say("status.just_overdue"))
        else:
            lines.append(Say("status.days_left", left=left) if left else Say("status.last_day"))
    return [*lines, Paragraph("status.elsewhere")] if late else lines


async def _files(turn: Turn[D], case: Case) -> list[Say]:
    files = await Evidence.of_case(case.id)
    lines: list[Say] = [Paragraph("status.files", count=len(files))] if files else []
    for number, file in enumerate(files, 1):
        name = _own(turn, file.opened(case.key).name, _MOST_OF_A_NAME)
        size, short = FileSize(file.size or 0), (file.sha256 or "")[:8]
        # A refused file says why, every other one what has become of it.
        became = file.refusal if file.state is EvidenceState.REFUSED else file.state
        lines.append(Say(f"status.file.{became}", number=number, name=name, size=size, sha256=short))
    return lines


async def _timeline(turn: Turn[D], case: Case) -> list[Say]:
    entries = await CaseEntry.timeline(case)
    earlier = len(entries) - _MOST_ENTRIES
    lines: list[Say] = [Paragraph("status.timeline")] if entries else []
    if earlier > 0:
        lines.append(Say("status.earlier", count=earlier))
    for entry in entries[-_MOST_ENTRIES:]:
        words = entry.opened(case) or ""
        shown = _own(turn, words, _MOST_CHARACTERS) if entry.kind in _OWN_WORDS else words
        lines.append(Say(f"status.entry.{entry.kind}", at=entry.at, words=shown))
    return lines


async def _receipt(turn: Turn[D], case: Case) -> list[Say]:
    """While something is owed: a code for what was promised, and where anybody can check it."""
    if case.state not in OPEN:
        return []
    code = receipt_of(case, await Deadline.running(case.id, Promise.RESOLVE))
    where = [Say("status.verify", page=f"{turn.page}/verify")] if turn.page else []
    return [Paragraph("case.receipt", receipt=code), *where]


def decided(case: Case) -> list[Say]:
    """The decision of a case, in full; nothing where there is none. Raises SealBroken."""
    decision = case.opened_decision()
    if decision is None:
        return []
    lines: list[Say] = [
        Say(f"status.verdict.{decision.verdict}", code=case.code),
        Say("status.reason", reason=decision.reason),
    ]
    if decision.measures:
        lines.append(Say("status.measures", measures=decision.measures))
    if decision.compensation is not Compensation.NONE:
        lines.append(Say(f"status.compensation.{decision.compensation}"))
    if decision.amount:
        lines.append(Say("status.compensated", amount=Money(decision.amount)))
    return lines


def decision_letter(case: Case) -> Say:
    """The decision of a case as it is sent, with what the customer can do next. Raises SealBroken."""
    onward = Say("desk.told.next" if case.round == 1 else "status.elsewhere")
    return Say("status.letter", decision=tuple(decided(case)), onward=onward)


def _own(turn: Turn[D], words: str, most: int) -> str:
    line = " ".join(words.split())
    return turn.personal(line if len(line) <= most else f"{line[:most]}…", lambda _: HIDDEN * 5)
