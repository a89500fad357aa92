"""What the sweep over records costs: it goes by what is due, not by how many records there are."""

from __future__ import annotations

import pytest

from models.customer import Customer, Stage
from models.database import dialect, fetch
from models.retention import LONGER, found, limit_of
from tests.conftest import Database
from tests.retention import DAY, at, many
from tests.test_retention import FIRST

TODAY = FIRST.date()


@pytest.mark.parametrize("stopped", [False, True])
async def test_what_is_due_is_found_by_an_index(database: Database, stopped: bool) -> None:
    """However many records are kept, and those that are leaving on a later day."""
    await many(3000, at("2026-12-01T10:00"))
    leaving = [one.id for one in await many(300, at("2026-11-01T10:00"))]
    await Customer.filter(id__in=leaving).update(retention=Stage.TOLD_TWICE, erase_on=TODAY + 90 * DAY)
    await fetch("ANALYZE")
    statements = [(found(stage, stopped=stopped), limit_of(stage, TODAY, 1)) for stage in Stage]
    for statement, *values in (*statements, (LONGER, TODAY, FIRST)):
        if dialect() == "sqlite":
            plan = [row["detail"] for row in await fetch(f"EXPLAIN QUERY PLAN {statement}", *values)]
            assert not [line for line in plan if line.startswith("SCAN")], plan
            assert [line for line in plan if "SEARCH customer USING INDEX customer_" in line], plan
        else:
            plan = [row["QUERY PLAN"] for row in await fetch(f"EXPLAIN {statement}", *values)]
            assert not [line for line in plan if "Seq Scan on customer" in line], plan
