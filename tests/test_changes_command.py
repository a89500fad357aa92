"""The command ``chatbot changes``: what it prints for the shop's other systems, and how it refuses."""

from __future__ import annotations

import asyncio
import csv
import json
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import UTC
from functools import partial
from io import StringIO
from pathlib import Path

import pytest
import typer
from tortoise.backends.base.executor import EXECUTOR_CACHE
from typer.testing import CliRunner

from chatbot.commands import changes as command
from chatbot.crypto import KeyRing
from chatbot.messages import Kind, Proven
from models.change import Change, ChangeKind
from models.consent import Consent, Purpose
from models.customer import Customer
from models.database import connect, disconnect, run_tx
from models.keys import new_id, use_ring
from tests.cases import at
from tests.people import EMAIL, PHONE_E164, put_on_file
from tests.requests import a_request

FIRST, SECOND = (at(f"2026-11-{day}T09:00").astimezone(UTC) for day in (24, 25))

Put = Callable[[Coroutine[object, object, None]], None]
"""Puts something into the database."""


@pytest.fixture
def desk(database_url: str, keyring: Path) -> tuple[typer.Typer, Put]:
    """The command on an empty database, and a way to put something into that."""

    @asynccontextmanager
    async def open_desk() -> AsyncIterator[None]:
        EXECUTOR_CACHE.clear()
        use_ring(KeyRing.load(keyring))
        await connect(database_url)
        try:
            yield
        finally:
            await disconnect()

    async def within(work: Coroutine[object, object, None]) -> None:
        async with open_desk():
            await work

    app = typer.Typer()
    app.command("changes")(command.command(open_desk))
    return app, lambda work: asyncio.run(within(work))


def run(app: typer.Typer, *words: str) -> tuple[int, str, str]:
    """Exit code, stdout and stderr."""
    done = CliRunner().invoke(app, words)
    return done.exit_code, done.stdout, done.stderr


async def two_changes() -> None:
    """One on each of two days."""
    for now, kind, what in (
        (FIRST, ChangeKind.CORRECTED, ("phone", "email")),
        (SECOND, ChangeKind.ERASED, ()),
    ):
        customer = await put_on_file(now, external_id=f"={kind}")
        request = await a_request(customer, now)
        await run_tx(partial(Change.enter, request, kind, what, now))


async def some_refusals() -> None:
    """Somebody who said yes and then no, somebody who said yes, somebody restricted, somebody silent."""
    for number, words in enumerate(([True, False], [False, True], [], None)):
        customer = await put_on_file(FIRST, external_id=f"PS{number}", phone=f"+8490000000{number}")
        proven = Proven(new_id(), Kind.PHONE, PHONE_E164, (customer.id,), customer.id)
        for given in words or ():
            await Consent.record(
                proven, Purpose.OFFERS, given, language="vi", how="web", chat=new_id(), now=FIRST
            )
        if words == []:
            await Customer.filter(id=customer.id).update(restricted_at=FIRST)


def test_changes_as_csv_and_json(desk: tuple[typer.Typer, Put]) -> None:
    """In their order, with what the person is found by; what a spreadsheet would take for a formula is
    words in the CSV and as it is in the JSON."""
    app, put = desk
    put(two_changes())
    code, out, _ = run(app)
    assert code == 0
    rows = list(csv.DictReader(StringIO(out)))
    assert [(row["kind"], row["what"]) for row in rows] == [("corrected", "phone email"), ("erased", "")]
    assert rows[0]["external_id"] == "'=corrected"
    assert (rows[1]["phone"], rows[1]["email"]) == (PHONE_E164, EMAIL)
    assert rows[0]["request"].startswith("YC-2026-000001-")
    code, out, _ = run(app, "--json")
    assert code == 0
    assert [one["external_id"] for one in json.loads(out)] == ["=corrected", "=erased"]
    assert json.loads(out)[0]["ticked_at"] is None


def test_only_those_since_a_time(desk: tuple[typer.Typer, Put]) -> None:
    """A date begins at midnight in Viet Nam, an instant where its zone says."""
    app, put = desk
    put(two_changes())
    for since, count in (
        ("2026-11-24", 2),
        ("2026-11-25", 1),
        ("2026-11-25T09:00", 1),
        ("2026-11-25T02:00:01+00:00", 0),
    ):
        assert len(json.loads(run(app, "--json", "--since", since)[1])) == count, since


def test_opt_outs_are_those_that_stand_now(desk: tuple[typer.Typer, Put]) -> None:
    """The last word counts; a restriction is a no to everything; silence is not in the list."""
    app, put = desk
    put(some_refusals())
    code, out, _ = run(app, "--opt-outs")
    assert code == 0
    assert out.splitlines() == [
        "external_id,phone,email,purposes",
        f"PS0,+84900000000,{EMAIL},offers",
        f"PS2,+84900000002,{EMAIL},guides offers birthday",
    ]
    assert len(json.loads(run(app, "--opt-outs", "--json")[1])) == 2


def test_what_is_no_time_is_refused(desk: tuple[typer.Typer, Put]) -> None:
    """In one line, with exit code 2; and the whole list has no beginning."""
    app, _ = desk
    code, out, error = run(app, "--since", "hôm qua")
    assert (code, out) == (2, "")
    assert error.startswith("chatbot changes: WHEN must be")
    assert run(app, "--opt-outs", "--since", "2026-11-24")[0] == 2
    assert run(app)[1] == "id,at,kind,what,request,external_id,phone,email,ticked_at\n"
