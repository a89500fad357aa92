"""The command ``chatbot deadline``: what it prints, where, and how it refuses."""

from __future__ import annotations

import json
from datetime import date

import pytest
import typer
from typer.testing import CliRunner

from chatbot.commands import deadline
from chatbot.workdays import Calendar


def run(*words: str, calendar: Calendar | None = None) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of ``chatbot deadline`` with these words."""
    app = typer.Typer()
    app.command("deadline")(deadline.command(lambda: calendar or Calendar.load()))
    done = CliRunner().invoke(app, list(words))
    return done.exit_code, done.stdout, done.stderr


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["2025-03-03"], "2025-03-17"),
        (["2025-12-25T23:59:00+07:00"], "2026-01-09"),
        (["2025-12-25T23:59:00+07:00", "--swaps", "ignore"], "2026-01-09"),
        (["2025-12-25T23:59:00+07:00", "--swaps", "follow"], "2026-01-10"),
        (["2026-07-15T23:59"], "2026-07-29"),
        (["2026-07-15T17:00:00Z"], "2026-07-30"),
        (["2026-11-24 00:01"], "2026-12-08"),
        (["2026-04-24", "--days", "3"], "2026-05-04"),
        (["2026-11-23", "--days", "0"], "2026-11-23"),
        (["2026-11-24", "--days", "0"], "2026-11-25"),
    ],
)
def test_it_prints_the_date_and_nothing_else(words: list[str], expected: str) -> None:
    """Date or instant, with a zone or in local time."""
    assert run(*words) == (0, f"{expected}\n", "")


def test_explain_lists_every_day_with_its_source() -> None:
    """In order, after the date itself: counted days numbered, days off with reason and source."""
    code, out, _ = run("2025-12-31", "--days", "6", "--swaps", "follow", "--explain")
    lines = out.splitlines()
    assert code == 0
    assert lines[0] == "2026-01-10"
    assert [line[:10] for line in lines[1:-1]] == [
        "2025-12-31",
        *(f"2026-01-{day:02}" for day in range(1, 11)),
    ]
    assert lines[2] == "2026-01-01 Thu   off  new_year: Labour Code 45/2019/QH14 Art. 112(1)"
    assert lines[3] == "2026-01-02 Fri   off  swap: Letter 12729/VPCP-KGVX (2025-12-25)"
    assert lines[6] == "2026-01-05 Mon     1  ordinary working day"
    assert lines[11] == "2026-01-10 Sat     6  Letter 12729/VPCP-KGVX (2025-12-25)"


def test_json_carries_the_same_and_the_explanation_when_asked() -> None:
    """Ten counted days, the last one the deadline; which reading of the swaps gave it; the version."""
    code, out, err = run("2025-12-25", "--json", "--explain")
    answer = json.loads(out)
    assert (code, err) == (0, "")
    assert answer["deadline"] == "2026-01-09"
    assert (answer["swaps"], answer["follows"], answer["provisional"]) == ("earlier", "ignore", False)
    assert len(answer["counted"]) == 10
    assert answer["counted"][-1]["day"] == "2026-01-09"
    assert {"day": "2026-01-01", "reason": "new_year"}.items() <= answer["skipped"][2].items()
    assert all(day["source"] for day in answer["counted"] + answer["skipped"])
    assert "counted" not in json.loads(run("2025-12-25", "--json")[1])


def test_a_provisional_date_says_so_without_spoiling_the_output() -> None:
    """On stderr in plain mode, as a field in JSON."""
    code, out, err = run("2027-12-28")
    assert (code, out) == (0, "2028-01-12\n")
    assert err.count("\n") == 1
    assert err.startswith("provisional:")
    assert json.loads(run("2027-12-28", "--json")[1])["provisional"] is True
    assert run("2027-12-28", "--json")[2] == ""


def test_the_shops_own_days_count() -> None:
    """A shop open on Saturdays, closed on Thursday 26/11, that follows the swaps."""
    own = Calendar.load(weekly_days_off=(6,), added_days=[date(2026, 11, 26)], swaps="follow")
    assert run("2026-11-24", "--days", "4", calendar=own)[1] == "2026-11-30\n"


@pytest.mark.parametrize(
    "when",
    [
        "",
        "tomorrow",
        "24/11/2026",
        "2026-02-30",
        "2026-11-24T25:00",
        "2026-11-24T00:00+99:00",
        "0001-01-01T00:00+14:00",
        "9999-12-31T23:59-12:00",
        "2026-11-24\nx",
    ],
)
def test_a_when_that_is_none_is_refused_in_one_line(when: str) -> None:
    """Exit 2, nothing on stdout."""
    code, out, err = run(when)
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert "WHEN must be" in err


@pytest.mark.parametrize(
    "option",
    [["--days", "-1"], ["--days", "3661"], ["--days", "9" * 30], ["--swaps", "never"], ["--swaps", ""]],
)
def test_an_option_out_of_range_is_refused_in_one_line(option: list[str]) -> None:
    """Exit 2, and the option is named."""
    code, out, err = run("2026-11-24", *option)
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert option[0] in err


@pytest.mark.parametrize(
    "words", [["2024-12-31"], ["1900-01-01"], ["9999-12-31"], ["2045-01-01", "--days", "3660"]]
)
def test_a_year_that_cannot_be_computed_is_an_honest_failure(words: list[str]) -> None:
    """Exit 1, and the years covered are named."""
    code, out, err = run(*words)
    assert (code, out) == (1, "")
    assert err.count("\n") == 1
    assert "2025-01-01 to 2050-12-31" in err


def test_the_longest_period_from_today_can_be_computed() -> None:
    """3660 working days from 2026 end in 2041."""
    code, out, _ = run("2026-11-24", "--days", "3660")
    assert (code, out) == (0, "2041-08-02\n")
