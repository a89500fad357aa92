"""The command ``chatbot import``: what it prints, its report, and how it refuses."""

from __future__ import annotations

import json
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
import typer
from tortoise.backends.base.executor import EXECUTOR_CACHE
from typer.testing import CliRunner

from chatbot.commands import importing as command
from chatbot.crypto import KeyRing
from models.database import connect, disconnect
from models.keys import use_ring

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
SAMPLE = Path(__file__).parent / "data" / "customers_sample.csv"


@pytest.fixture
def customers(tmp_path: Path) -> Path:
    """Where a test puts its file."""
    return tmp_path / "customers.csv"


class FixedClock:
    """It is always the same time."""

    def now(self) -> datetime:
        """That time."""
        return NOW


@pytest.fixture
def chatbot_import(database_url: str, keyring: Path) -> typer.Typer:
    """The command on an empty database."""

    @asynccontextmanager
    async def open_desk() -> AsyncIterator[None]:
        EXECUTOR_CACHE.clear()
        use_ring(KeyRing.load(keyring))
        await connect(database_url)
        try:
            yield
        finally:
            await disconnect()

    app = typer.Typer()
    app.command("import")(command.command(open_desk, FixedClock()))
    return app


def run(app: typer.Typer, *words: str | Path) -> tuple[int, str, str]:
    """Exit code, stdout and stderr."""
    done = CliRunner().invoke(app, [str(word) for word in words])
    return done.exit_code, done.stdout, done.stderr


def test_the_command_and_its_report(chatbot_import: typer.Typer, tmp_path: Path, customers: Path) -> None:
    """It prints counts, and writes what became of every row into a file for its owner alone."""
    customers.write_text("name,phone,birthday\nA,0900 000 001,14/05/1990\n\nB,x,\n", "utf-8")
    report = tmp_path / "out.json"
    report.write_text("old")
    report.chmod(0o644)
    code, out, err = run(chatbot_import, customers, "--report", report)
    assert (code, err) == (0, "")
    assert out.splitlines()[0] == "3 rows: 1 taken, 0 updated, 0 unchanged, 2 refused"
    assert stat.S_IMODE(report.stat().st_mode) == 0o600
    written = json.loads(report.read_text("utf-8"))
    assert written["complete"] is True
    nothing: dict[str, object] = dict.fromkeys(("phone", "email", "birthday")) | {"kept_by_customer": []}
    assert written["rows"] == [
        {"index": 1, "line": 2, "result": "taken", "reason": None, **nothing}
        | {"phone": "+84900000001", "birthday": "1990-05-14"},
        {"index": 2, "line": 3, "result": "refused", "reason": "blank_row", **nothing},
        {"index": 3, "line": 4, "result": "refused", "reason": "no_contact", **nothing},
    ]
    assert sorted(path.name for path in tmp_path.iterdir() if "out.json" in path.name) == ["out.json"]


def test_the_command_dry(chatbot_import: typer.Typer) -> None:
    """With --dry-run a second run still finds nothing stored."""
    for _ in range(2):
        code, out, _err = run(chatbot_import, SAMPLE, "--dry-run")
        assert code == 0
        assert out == "dry run, nothing written: 60 rows: 60 taken, 0 updated, 0 unchanged, 0 refused\n"


def test_the_command_refuses_in_one_line(
    chatbot_import: typer.Typer, tmp_path: Path, customers: Path
) -> None:
    """A file that is no table fails with 1; a file or a report that cannot be is wrong usage, 2."""
    customers.write_text("<html>Thu Hà</html>", "utf-8")
    cases: list[tuple[list[str | Path], int, str]] = [
        ([customers], 1, "no table of customers"),
        ([tmp_path / "none.csv"], 2, "there is no file"),
        ([tmp_path], 2, "there is no file"),
        ([SAMPLE, "--report", tmp_path / "no" / "out.json"], 2, "the report cannot be written"),
    ]
    for words, expected, says in cases:
        code, out, err = run(chatbot_import, *words)
        assert (code, out) == (expected, "")
        assert says in err
        assert err.count("\n") == 1
        assert "Thu" not in err


def test_an_import_that_failed_reports_what_was_done(
    chatbot_import: typer.Typer, tmp_path: Path, customers: Path
) -> None:
    """The report is there, and says that it is not complete."""
    customers.write_text("x", "utf-8")
    report = tmp_path / "out.json"
    assert run(chatbot_import, customers, "--report", report)[0] == 1
    assert json.loads(report.read_text("utf-8")) == {"rows": [], "complete": False}
