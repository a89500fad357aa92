"""What may be done with a case, as forms. Each is there only where it is possible as the case stands."""

from __future__ import annotations

from collections.abc import Mapping

from chatbot.pages.room.base import Member
from chatbot.pages.room.held import Held
from chatbot.pages.room.seen import fingerprint
from chatbot.pages.room.telling import decision_words, way_to
from chatbot.pages.room.typed import local_minute
from chatbot.pages.room.work import Work, options
from models.case import Compensation, Verdict
from models.casework import proposal_of
from models.record_opening import FROM_A_CASE
from models.roles import Role

DONE = frozenset(
    {
        *("take", "hand_over", "ask", "note", "accept", "breach", "upload", "enter_complaint"),
        *("decide", "propose", "approve", "decline", "by_hand", "seen"),
    }
)
"""What a page can say was done, by its text ``desk.done.NAME``."""

_ORDER = (
    "seen", "approve", "decline", "take", "ask", "accept", "decide", "by_hand", "note", "upload", "hand_over",
    "breach", "record",
)  # fmt: skip


def forms_part(
    work: Work, member: Member, held: Held, acts: frozenset[str], act: str, typed: Mapping[str, str]
) -> str:
    """The forms; the one of ``act`` with what was typed."""
    return "".join(
        [_form(work, member, held, name, typed if name == act else {}) for name in _ORDER if name in acts]
    )


def _form(work: Work, member: Member, held: Held, act: str, typed: Mapping[str, str]) -> str:
    say, language, case = work.say, member.language, held.case
    values = {
        "code": case.code,
        "words": typed.get("words", ""),
        "reason": typed.get("reason", ""),
        "measures": typed.get("measures", ""),
        "amount": typed.get("amount", ""),
        "seen": fingerprint(case),
        "told_by": held.told_at.isoformat() if held.told_at else "",
        "discovered": typed.get("discovered", local_minute(held.now)),
        "warning": "",
        "title": "",
        "letter": "",
    }
    trusted = {"open": " open" if typed else ""}
    if act == "hand_over":
        roles = {role: work.say(language, f"room.role.{role}") for role in Role}
        heirs = [(str(one.id), f"{one.name} ({roles[one.role]})") for one in held.heirs(member)]
        trusted["to"] = options(heirs, typed.get("to", ""))
    if act == "upload":
        values["to"] = f"/staff/case/{case.code}/file"
        trusted["complaint"] = work.part("with_complaint", member)
    if act == "decide":
        verdicts = [(one.value, say(language, f"desk.verdict.{one}")) for one in Verdict]
        pays = [(one.value, say(language, f"desk.pays.{one}")) for one in Compensation]
        trusted["verdicts"] = options(verdicts, typed.get("verdict", ""))
        trusted["pays"] = options(pays, typed.get("pays", ""))
    if act == "record":
        reasons = [(one.value, say(language, f"desk.why.{one}")) for one in FROM_A_CASE]
        trusted["reasons"] = options(reasons, typed.get("why", ""))
    if act == "approve" and (proposal := proposal_of(case)):
        way = way_to(work, held)
        who = held.roster.get(case.proposed_by) if case.proposed_by else None
        values["letter"] = decision_words(work, case, proposal, way.language)
        values["title"] = say(language, "desk.approve.by", who=who.name if who else "–")
        values["warning"] = "" if held.is_second(member) else say(language, "desk.approve.alone")
    if act == "take" and case.first_handler == member.id:
        values["warning"] = say(language, "desk.take.alone")
    return work.part(f"act_{act}", member, values, trusted)
