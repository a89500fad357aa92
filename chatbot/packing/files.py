"""A customer's files: those of cases, and what was uploaded to chats."""

from __future__ import annotations

from dataclasses import dataclass, field

from chatbot.inspection import display_name
from chatbot.packing import contents as c
from chatbot.packing.mine import Mine
from chatbot.signatures import Kind as FileKind
from models.case import Case
from models.evidence import Evidence, EvidenceState
from models.upload import Upload


@dataclass(frozen=True, slots=True)
class Bytes:
    """A file whose bytes go into the package at a path: evidence of a case, or an upload to a chat."""

    path: str
    source: Evidence | Upload
    case: Case | None = field(default=None, repr=False)


async def files(mine: Mine) -> tuple[list[c.File], list[Bytes]]:
    """The files of cases, then what was uploaded to chats; its bytes where they are in no case.
    Raises SealBroken."""
    listed: list[c.File] = []
    there: list[Bytes] = []
    for case in mine.cases:
        for number, one in enumerate(await Evidence.of_case(case.id), 1):
            kept = FileKind(one.mime) if one.mime and one.state is EvidenceState.KEPT else None
            name = display_name(one.opened(case.key).name, kept)
            file = c.File(
                case=case.code,
                chat=None,
                name=name,
                state=one.state,
                mime=one.mime,
                size=one.size,
                sha256=one.sha256,
                arrived_at=one.arrived_at,
                path=f"files/{case.code}/{number:02}-{name}" if kept else None,
            )
            listed.append(file)
            if file.path:
                there.append(Bytes(file.path, one, case))
    known = {one.sha256 for one in listed if one.path}
    for number, upload in enumerate(await _uploads(mine), 1):
        chat = mine.chats[upload.chat_id]  # type: ignore[attr-defined]
        name = display_name(chat.key.unseal(upload.name, f"upload.name:{upload.id}").decode())
        path = f"files/{mine.chat_names[chat.id]}/{number:02}-{name}"
        file = c.File(
            case=None,
            chat=mine.chat_names[chat.id],
            name=name,
            state=EvidenceState.KEPT,
            mime=upload.mime,
            size=upload.size,
            sha256=upload.sha256,
            arrived_at=upload.spooled_at,
            path=None if upload.sha256 in known else path,
        )
        listed.append(file)
        if file.path:
            there.append(Bytes(file.path, upload))
    return listed, there


async def _uploads(mine: Mine) -> list[Upload]:
    found = await Upload.filter(chat_id__in=list(mine.chats)).order_by("id") if mine.chats else []
    return [
        one
        for one in found
        if mine.shares[one.chat_id].has(one.spooled_at)  # type: ignore[attr-defined]
    ]
