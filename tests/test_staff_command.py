"""The commands ``chatbot staff``: what they print, and how they refuse."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path

import pytest
import typer
from tortoise.backends.base.executor import EXECUTOR_CACHE
from typer.testing import CliRunner

from chatbot.commands import staff
from chatbot.settings import load_settings
from tests.staff import NOW


class FixedClock:
    """It is always the same time."""

    def now(self) -> datetime:
        """That time."""
        return NOW


@pytest.fixture
def roster(database_url: str, keyring: Path, tmp_path: Path) -> typer.Typer:
    """The commands on an empty database, at a desk with a public address."""
    EXECUTOR_CACHE.clear()
    settings = load_settings(
        {
            "DATABASE_URL": database_url,
            "KEYRING": str(keyring),
            "DATA_DIR": str(tmp_path / "data"),
            "PUBLIC_URL": "https://desk.example.vn/",
        },
        env_file=None,
    )
    return staff.group(lambda: settings, FixedClock())


def run(app: typer.Typer, *words: str) -> tuple[int, str, str]:
    """Exit code, stdout and stderr."""
    done = CliRunner().invoke(app, words)
    return done.exit_code, done.stdout, done.stderr


def test_inviting_prints_login_and_link(roster: typer.Typer) -> None:
    """The secret stands behind the #; a login that is taken is refused, one that is nobody's too."""
    code, out, _ = run(roster, "invite", "Nguyễn Thị Mai", "--role", "lead")
    assert code == 0
    assert re.fullmatch(
        r"login: maint\ninvitation, for one use within 7 days:"
        r" https://desk\.example\.vn/staff/join#[A-Za-z0-9_-]{43}\n",
        out,
    )
    code, out, said = run(roster, "invite", "Lê Hà", "--role", "agent", "--login", "MaiNT")
    assert (code, out) == (1, "")
    assert said == "chatbot staff: the login maint is taken: invite its owner again with 'staff renew'\n"
    assert run(roster, "invite", "Lê Hà", "--role", "boss")[0] == 2
    assert run(roster, "disable", "nobody")[0] == 1
    assert run(roster, "renew", "nobody")[0] == 1


def test_the_list_shows_where_everybody_stands(roster: typer.Typer) -> None:
    """A line each, in columns; a renewed invitation puts somebody back."""
    assert "nobody is on the roster" in run(roster, "list")[1]
    run(roster, "invite", "Nguyễn Thị Mai", "--role", "lead")
    run(roster, "invite", "Lê Hà", "--role", "agent", "--login", "ha")
    assert run(roster, "disable", "ha") == (0, "shut out; 0 session(s) ended\n", "")
    assert run(roster, "list")[1].splitlines() == [
        "LOGIN  ROLE   STATE     LAST SEEN  NAME",
        "maint  lead   invited   -          Nguyễn Thị Mai",
        "ha     agent  disabled  -          Lê Hà",
    ]
    assert "#" in run(roster, "renew", "HA")[1]
    assert "ha     agent  invited" in run(roster, "list")[1]
