"""What happened in a case, and its files, as staff see them."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from chatbot.inspection import display_name
from chatbot.pages.room.base import Member
from chatbot.pages.room.work import Work
from chatbot.signatures import Kind
from chatbot.values import FileSize
from models.case import Case
from models.case_entry import INTERNAL, CaseEntry
from models.colleagues import Colleague
from models.evidence import Evidence, EvidenceState

DIGITS = 12
"""Digits of a SHA-256 that are shown, as the customer was told them."""


async def timeline_part(work: Work, member: Member, case: Case, roster: Mapping[UUID, Colleague]) -> str:
    """Everything in order, internal notes too, each with who did it."""
    return "".join(
        work.part(
            "entry",
            member,
            {
                "what": work.say(member.language, f"desk.entry.{entry.kind}"),
                "who": roster[entry.member].name if entry.member and entry.member in roster else "",
                "at": work.say(member.language, "desk.at", at=entry.at),
                "words": entry.opened(case) or "",
                "kind": "internal" if entry.kind in INTERNAL else "open",
                "mark": work.say(member.language, "desk.entry.internal") if entry.kind in INTERNAL else "",
            },
        )
        for entry in await CaseEntry.timeline(case, internal=True)
    )


async def files_part(work: Work, member: Member, case: Case) -> str:
    """The files; those that are here can be saved."""
    files = await Evidence.of_case(case.id)
    if not files:
        return work.part("no_files", member)
    return "".join(_file(work, member, case, file) for file in files)


def name_of(evidence: Evidence, case: Case) -> str:
    """A name under which a file is safe to be shown and saved. Raises SealBroken."""
    kind = Kind(evidence.mime) if evidence.mime in set(Kind) else None
    return display_name(evidence.opened(case.key).name, kind)


def _file(work: Work, member: Member, case: Case, file: Evidence) -> str:
    say, language = work.say, member.language
    if file.state is EvidenceState.KEPT:
        size, digest = FileSize(file.size or 0), (file.sha256 or "")[:DIGITS]
        about = say(language, "desk.file.kept", size=size, digest=digest)
    else:
        became = file.refusal if file.state is EvidenceState.REFUSED else file.state
        about = say(language, f"desk.file.{became}")
    return work.part(
        "file" if file.state is EvidenceState.KEPT else "file_not_here",
        member,
        {"name": name_of(file, case), "about": about, "path": f"/staff/case/{case.code}/file/{file.id}"},
    )
