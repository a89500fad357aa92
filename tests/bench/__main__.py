"""What ``make bench`` runs.

    python -m tests.bench [conversation|zalo|sweep|retention|import] [--users 200] [--rows N] [--postgres]
                          [--json FILE] [--profile FILE]

The targets are those of the finished program.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import asyncpg

from tests import bench_import
from tests.bench import retention, zalo
from tests.bench.conversation import Figures, compare
from tests.bench.shares import shares
from tests.bench.sweep import costs

TARGET_CPU_MS = 1.0
TARGET_TIMES_THE_FLOOR = 5.0
_SWEEP_COLUMNS = ("open", "closed", "idle_ms", "first_ms", "longest_ms")
_COLUMNS = ("updates", "sent", "per_second", "cpu_ms", "p50_ms", "p95_ms", "p99_ms", "peak_mib")


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="How fast the desk is.")
    parts = ("conversation", "zalo", "sweep", "retention", "import")
    parser.add_argument("part", nargs="?", choices=parts, help="by default all")
    parser.add_argument("--users", type=int, default=200, help="customers who talk at once")
    parser.add_argument(
        "--rows", type=int, help="customers in the imported file; 20,000, and 100,000 beside Zalo's webhook"
    )
    parser.add_argument("--postgres", action="store_true", help="let the conversation run on PostgreSQL too")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the conversation's figures here")
    parser.add_argument(
        "--profile",
        type=lambda name: Path(name).resolve(),
        metavar="FILE",
        help="profile the desk on SQLite, and say where its time goes",
    )
    given = parser.parse_args()
    if given.part in (None, "conversation"):
        figures = asyncio.run(compare(given.users, "sqlite", given.profile))
        if given.postgres:
            figures += asyncio.run(compare(given.users, "postgres", None))[1:]
        _show(figures)
        if given.profile:
            print(", ".join(f"{name} {share:.0%}" for name, share in shares(given.profile)))
        if given.json:
            given.json.write_text(json.dumps([asdict(one) for one in figures], indent=1) + "\n")
    if given.part in (None, "zalo"):
        asyncio.run(_zalo(given.users, given.rows or 100_000))
    if given.part in (None, "sweep"):
        asyncio.run(_sweep())
    if given.part in (None, "retention"):
        asyncio.run(_retention())
    if given.part in (None, "import"):
        bench_import.main(given.rows or 20_000, "csv")


async def _zalo(users: int, rows: int) -> None:
    """A line for each state of the desk, as it is measured."""
    async for answers in zalo.measure(users, rows):
        zalo.show(answers)


async def _sweep() -> None:
    """A line per database and number of cases, as each is measured."""
    print(f"{'sweeps over cases':18}" + "".join(f"{name:>11}" for name in _SWEEP_COLUMNS))
    for kind in ("sqlite", "postgres"):
        try:
            async for cost in costs(kind):
                counts, times = (cost.open, cost.closed), (cost.idle, cost.first, cost.longest)
                cells = [f"{count:>11,}" for count in counts] + [f"{time:>11.1f}" for time in times]
                print(f"{cost.database:18}" + "".join(cells), flush=True)
        except (OSError, asyncpg.PostgresError):
            print(f"{kind:18} not here")


async def _retention() -> None:
    """A line per database and round of the sweep, as each is measured."""
    print(f"{'retention':18}{'round':>11}{'records':>11}{'seconds':>11}{'longest_ms':>11}")
    for kind in ("sqlite", "postgres"):
        try:
            async for step in retention.steps(kind):
                times = f"{step.seconds:>11.3f}{step.longest:>11.1f}"
                print(f"{step.database:18}{step.what:>11}{step.records:>11,}{times}", flush=True)
        except (OSError, asyncpg.PostgresError):
            print(f"{kind:18} not here")


def _show(figures: Sequence[Figures]) -> None:
    """A line per server, and how far the desk is from where it should be."""
    print(f"{'':18}" + "".join(f"{name:>11}" for name in _COLUMNS))
    for one in figures:
        values = (getattr(one, name) for name in _COLUMNS)
        cells = (f"{value:>11}" if isinstance(value, int) else f"{value:>11.2f}" for value in values)
        print(f"{one.server:18}" + "".join(cells))
    floor, *desks = figures
    for desk in desks:
        print(
            f"{desk.server}: {desk.cpu_ms:.2f} ms CPU per update (target {TARGET_CPU_MS}),"
            f" {desk.cpu_ms / floor.cpu_ms:.1f} times the floor (target {TARGET_TIMES_THE_FLOOR:.0f})"
        )


if __name__ == "__main__":
    main()
