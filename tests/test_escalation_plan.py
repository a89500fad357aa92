"""What a sweep over cases costs: it goes by what is open, not by what ever was."""

from __future__ import annotations

from datetime import date

from chatbot.messages import Matter
from models.case import Case, Category
from models.case_entry import CaseEntry, Entry
from models.case_states import CaseState
from models.chat import Chat
from models.database import dialect, fetch
from models.deadline import Deadline
from models.evidence import Evidence, EvidenceState
from models.keys import SubjectKey, new_id
from models.letters import ARRIVED, LEFT
from models.outgoing import Arrival, Outgoing, Purpose, State
from models.promises import Promise
from models.telling import CLOCKS_TOLD, OWED_TOLD
from models.waiting import OVERDUE, UNPROVEN
from models.warning import (
    CLOCKS_OF,
    DUE_CLOCKS,
    OPEN_DUE,
    SOONEST_CLOCKS,
    STANDINGS,
    ClockWarning,
    Level,
    due_clocks,
    soonest_clocks,
)
from tests.cases import at, file_case
from tests.conftest import Database

SCANS_ALLOWED = {
    "SCAN deadline USING INDEX deadline_open",
    "SCAN case USING INDEX case_waiting",
    "SCAN outgoing USING INDEX outgoing_owed",
    "SCAN soonest",
}
"""Those indexes hold only the clocks that run, the cases that wait and the letters that are owed."""


async def test_a_sweep_goes_by_indexes_however_many_cases_are_closed(database: Database) -> None:
    """The plan names no scan of a table that grows with closed cases."""
    day, day_of_old = date(2026, 10, 19), at("2026-10-05T10:00")
    old = [
        Deadline(
            id=new_id(),
            about=new_id(),
            promise=Promise.RESOLVE,
            round=1,
            started_at=at("2026-10-05T10:00"),
            promised_on=day,
            due_on=day,
            provisional=False,
            calendar="",
            met_at=at("2026-10-15T10:00"),
        )
        for _ in range(3000)
    ]
    warnings = [
        ClockWarning(
            id=new_id(),
            about=one.about,
            deadline_id=one.id,
            due_on=day,
            rung=5,
            level=Level.HANDLER,
            told_at=at("2026-10-12T10:00"),
            called_at=at("2026-10-12T10:00"),
        )
        for one in old
    ]
    keys = [SubjectKey.make(one.about) for one in old]
    await SubjectKey.bulk_create(keys)
    await Case.bulk_create(
        [
            Case(
                id=key.id,
                key_id=key.id,
                year=2025,
                number=number,
                state=CaseState.CLOSED,
                category=Category.OTHER,
                chat=new_id(),
                statement=b"",
                filed_at=at("2026-10-05T10:00"),
            )
            for number, key in enumerate(keys)
        ]
    )
    await CaseEntry.bulk_create(
        [CaseEntry(case_id=key.id, ref=new_id(), at=day_of_old, kind=Entry.FILED) for key in keys]
    )
    await Evidence.bulk_create(
        [
            Evidence(
                id=new_id(),
                case_id=key.id,
                channel="web",
                ref=b"",
                state=EvidenceState.KEPT,
                arrived_at=day_of_old,
            )
            for key in keys
        ]
    )
    await Chat.bulk_create(
        [
            Chat(
                id=key.id,
                key_id=key.id,
                channel="web",
                user_index=str(key.id),
                user_sealed=b"",
                language="vi",
                created_at=day_of_old,
                last_inbound_at=day_of_old,
            )
            for key in keys
        ]
    )
    await Outgoing.bulk_create(
        [
            Outgoing(
                ref=new_id(),
                subject=key.id,
                outlet="web",
                lane=str(key.id),
                purpose=Purpose.NOTICE,
                state=State.SENT,
                created_at=day_of_old,
                settled_at=day_of_old,
                about=key.id,
                matter=Matter.DATE,
                arrival=Arrival.OVER,
            )
            for key in keys
        ]
    )
    await Deadline.bulk_create(old)
    await ClockWarning.bulk_create(warnings)
    for _ in range(3):
        await file_case(at("2026-10-05T10:00"))
    await fetch("ANALYZE")
    for statement, values in (
        (STANDINGS, ()),
        (DUE_CLOCKS, (day,)),
        (CLOCKS_OF % "?", (str(old[0].id),)),
        (OWED_TOLD.format(tellings="?"), (str(new_id()),)),
        (CLOCKS_TOLD.format(tellings="?"), (str(new_id()), 10)),
        (SOONEST_CLOCKS, (10,)),
        (OPEN_DUE, ()),
        (OVERDUE, (day, day)),
        (UNPROVEN, ()),
        (ARRIVED.format(unkept="?"), ("web", 10)),
        (LEFT, ()),
    ):
        if dialect() == "sqlite":
            plan = [row["detail"] for row in await fetch(f"EXPLAIN QUERY PLAN {statement}", *values)]
            scans = {line for line in plan if line.startswith("SCAN")}
            assert scans <= SCANS_ALLOWED, plan
        else:
            plan = [row["QUERY PLAN"] for row in await fetch(f"EXPLAIN {statement}", *values)]
            assert not [line for line in plan if "Seq Scan" in line], plan
    assert len(await soonest_clocks(10)) == len(await due_clocks(day)) == 3
