"""The command line as an operator meets it: exit codes, one line on standard error, and what to do next."""

from __future__ import annotations

import json
import re
import shutil
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from chatbot.certificate import Certificate, Certified, Elsewhere
from chatbot.crypto import KeyRing
from tests.commands import process_of

SAMPLE = Path(__file__).parent / "data" / "customers_sample.csv"


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def refusal(self) -> tuple[int, str]:
        """The exit code and the one line on standard error; nothing else may have been printed."""
        assert self.out == ""
        assert self.err.count("\n") == 1, self.err
        return self.code, self.err


Chatbot = Callable[..., Ended]


@pytest.fixture
def chatbot(tmp_path: Path) -> Chatbot:
    """Runs the program in an empty folder, with these settings and no others."""

    def run(*words: str | Path, **settings: str | Path) -> Ended:
        environment = {"PORT": "0", **{name: str(value) for name, value in settings.items()}}
        with TemporaryDirectory() as folder:
            out, err = Path(folder, "out"), Path(folder, "err")
            process = process_of([str(word) for word in words], environment, tmp_path, out, err)
            process.start()
            process.join(30)
            assert process.exitcode is not None
            return Ended(process.exitcode, out.read_text("utf-8"), err.read_text("utf-8"))

    return run


@pytest.fixture
def database(tmp_path: Path, migrated_sqlite: Path) -> str:
    """The address of a database that is up to date and not bound to a key ring yet."""
    shutil.copy(migrated_sqlite, tmp_path / "desk.db")
    return f"sqlite://{tmp_path}/desk.db"


@pytest.fixture
def taken_port() -> Iterator[int]:
    """A port at which somebody else listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


# -- serve -------------------------------------------------------------------------------------------


def test_serve_without_a_key_ring_says_how_to_make_one(
    chatbot: Chatbot, tmp_path: Path, database: str
) -> None:
    """None set, none there, one that is damaged: wrong settings, each told in one line."""
    damaged = tmp_path / "damaged.json"
    damaged.write_text('{"version": 1, "current": 1, "wrapping"')
    cases: list[tuple[dict[str, str | Path], str]] = [
        ({}, "KEYRING is not set.*chatbot keys new"),
        ({"KEYRING": tmp_path / "none.json"}, "no key ring at .*none.json.*chatbot keys new"),
        ({"KEYRING": damaged}, "damaged.json"),
        ({"KEYRING": tmp_path}, "key ring"),
        ({"KEYRING": tmp_path / "data" / "ring.json"}, "KEYRING must lie outside DATA_DIR"),
    ]
    for settings, says in cases:
        code, line = chatbot("serve", DATABASE_URL=database, **settings).refusal
        assert (code, bool(re.search(says, line))) == (2, True), line
    assert "current" not in line


def test_serve_with_another_key_ring_is_refused(
    chatbot: Chatbot, tmp_path: Path, database: str, keyring: Path
) -> None:
    """A database belongs to the first key ring that opened it."""
    other = tmp_path / "other.json"
    assert chatbot("keys", "new", other).code == 0
    assert chatbot("import", SAMPLE, DATABASE_URL=database, KEYRING=keyring).code == 0
    code, line = chatbot("serve", DATABASE_URL=database, KEYRING=other).refusal
    assert code == 2
    assert "sealed with another key ring" in line


def test_serve_on_a_database_that_is_not_ready(chatbot: Chatbot, tmp_path: Path, keyring: Path) -> None:
    """One that was never made is to be migrated; one that cannot be opened is told without its password."""
    code, line = chatbot("serve", KEYRING=keyring).refusal
    assert (code, "run 'chatbot migrate'" in line) == (1, True)
    (tmp_path / "file").write_text("")
    unreachable = ["postgres://desk:pass-word@127.0.0.1:1/desk", f"sqlite://{tmp_path}/file/desk.db"]
    for address in unreachable:
        for command in ("serve", "migrate"):
            code, line = chatbot(command, KEYRING=keyring, DATABASE_URL=address).refusal
            assert (code, "check DATABASE_URL" in line) == (1, True), line
            assert "pass-word" not in line


def test_serve_where_it_cannot_listen_or_write(
    chatbot: Chatbot, tmp_path: Path, database: str, keyring: Path, taken_port: int
) -> None:
    """A port that is taken, a host that is none of ours, a data folder that is a file."""
    (tmp_path / "file").write_text("")
    cases: list[tuple[dict[str, str | Path], str]] = [
        ({"PORT": str(taken_port)}, "set HOST or PORT"),
        ({"HOST": "203.0.113.1"}, "set HOST or PORT"),
        ({"DATA_DIR": tmp_path / "file"}, "DATA_DIR"),
    ]
    for settings, says in cases:
        code, line = chatbot("serve", **{"DATABASE_URL": database, "KEYRING": keyring, **settings}).refusal
        assert (code, says in line) == (1, True), line


def test_every_problem_of_the_settings_has_its_line(chatbot: Chatbot, tmp_path: Path, keyring: Path) -> None:
    """All at once and by name, and no value is shown; the shop's file is told line by line."""
    wrong = {
        "PORT": "many",
        "LOG_FORMAT": "xml",
        "TELEGRAM_BOT_TOKEN": "secret value",
        "MAIL_FROM": "a@example.vn",
    }
    for command in (["serve"], ["check"], ["migrate"], ["import", SAMPLE]):
        ended = chatbot(*command, **wrong)
        assert (ended.code, ended.out) == (2, "")
        lines = ended.err.splitlines()
        assert all(line.startswith("chatbot: ") for line in lines)
        named = {"PORT", "LOG_FORMAT", "TELEGRAM_BOT_TOKEN", "MAIL_FROM"}
        assert {line.split()[1] for line in lines} == named
        assert "secret value" not in ended.err
    shop = tmp_path / "shop.toml"
    shop.write_text('name = ""\nretention_years = "long"\n', "utf-8")
    ended = chatbot("serve", SHOP_FILE=shop, KEYRING=keyring)
    assert (ended.code, ended.out) == (2, "")
    assert re.search(r"^chatbot: .*shop\.toml:1: ", ended.err, re.MULTILINE)
    assert re.search(r"^chatbot: .*shop\.toml:2: ", ended.err, re.MULTILINE)
    assert chatbot("serve", SHOP_FILE=tmp_path / "none.toml").refusal[0] == 2


def test_a_demo_that_cannot_start_leaves_nothing_behind(
    chatbot: Chatbot, tmp_path: Path, taken_port: int
) -> None:
    """Its folder holds a key ring and sample customers."""
    code, line = chatbot("demo", PORT=str(taken_port), TMPDIR=tmp_path).refusal
    assert (code, "set HOST or PORT" in line) == (1, True)
    assert list(tmp_path.glob("chatbot-demo-*")) == []


# -- the other commands ------------------------------------------------------------------------------


def test_migrate_twice_and_several_at_once(chatbot: Chatbot, tmp_path: Path, keyring: Path) -> None:
    """However many begin on an empty database, it is made once."""
    settings = {"DATABASE_URL": f"sqlite://{tmp_path}/new/desk.db"}
    with ThreadPoolExecutor(4) as pool:
        ended = list(pool.map(lambda _: chatbot("migrate", **settings), range(4)))
    ended.append(chatbot("migrate", **settings))
    assert ended == [Ended(0, "the database is up to date\n", "")] * 5
    checked = chatbot("check", KEYRING=keyring, **settings)
    assert "ok  open, up to date" in checked.out


def test_check_says_what_to_do(chatbot: Chatbot, database: str, keyring: Path, tmp_path: Path) -> None:
    """A line each; 1 while something is to be done, 0 once nothing is."""
    todo = chatbot("check", DATABASE_URL=f"sqlite://{tmp_path}/none/desk.db", KEYRING=keyring)
    assert (todo.code, todo.err) == (1, "")
    assert re.search(r"^database +TO DO +.*run 'chatbot migrate'", todo.out, re.MULTILINE)
    unlocked = chatbot("check", DATABASE_URL=database)
    assert unlocked.code == 1
    assert re.search(r"^database +TO DO +KEYRING is not set", unlocked.out, re.MULTILINE)
    for part in ("SMS_URL", "SMTP_URL", "TELEGRAM_STAFF_CHAT", "PUBLIC_URL"):
        assert re.search(rf"TO DO +.*{part}", unlocked.out)
    complete = {
        "PUBLIC_URL": "https://desk.partyshop.example",
        "TELEGRAM_BOT_TOKEN": "7000000001:secret-token",
        "TELEGRAM_WEBHOOK_SECRET": "a-secret",
        "TELEGRAM_STAFF_CHAT": "-1001",
        "SMS_URL": "https://user:pass-word@sms.example/send",
        "SMTP_URL": "smtp://user:pass-word@mail.example",
        "MAIL_FROM": "desk@example.vn",
    }
    fine = chatbot("check", DATABASE_URL=database, KEYRING=keyring, **complete)
    assert "TO DO" not in fine.out
    assert (fine.code, fine.err) == (0, "")
    assert not any(secret in fine.out for secret in ("secret-token", "a-secret", "pass-word"))


def test_keys_are_made_once_and_told_apart(chatbot: Chatbot, tmp_path: Path) -> None:
    """A key ring is never overwritten, and only its owner may read it."""
    ring = tmp_path / "keys" / "ring.json"
    made = chatbot("keys", "new", KEYRING=ring)
    assert made.code == 0
    assert ring.stat().st_mode & 0o777 == 0o600
    before = ring.read_text()
    code, line = chatbot("keys", "new", ring).refusal
    assert (code, "never overwritten" in line) == (1, True)
    assert ring.read_text() == before
    told = chatbot("keys", "status", ring)
    assert told.code == 0
    fingerprint = re.search(r"key ring ([0-9a-f]{16})", told.out)
    assert fingerprint
    assert fingerprint[1] in made.out
    assert not any(key in told.out for key in json.loads(before)["wrapping"].values())
    assert chatbot("keys", "new").refusal[0] == 2
    assert chatbot("keys", "status", tmp_path / "none.json").refusal[0] == 1


def test_the_key_ring_is_rotated(chatbot: Chatbot, database: str, keyring: Path, tmp_path: Path) -> None:
    """What is to be done next is said; the status tells how far it has come; an old copy is refused."""
    ring = Path(shutil.copy(keyring, tmp_path / "ring.json"))
    settings: dict[str, str | Path] = {"DATABASE_URL": database, "KEYRING": ring}
    assert chatbot("import", SAMPLE, **settings).code == 0
    begun = chatbot("keys", "rotate", **settings)
    assert (begun.code, begun.err) == (0, "")
    assert re.search(
        r"new wrapping key, 2: put a copy.*\nkey 2 wraps 60\nthe old key stays: run .*rotate", begun.out
    )
    told = chatbot("keys", "status", **settings)
    assert re.search(r"wrapping key 2 of 2\nkey 2 wraps 60 of 60\n$", told.out)
    assert not any(key in begun.out + told.out for key in json.loads(ring.read_text())["wrapping"].values())
    broken = tmp_path / "keys.backup"
    broken.write_text("{}")
    assert (
        "no whole backup of the keys" in chatbot("keys", "rotate", KEYS_BACKUP=broken, **settings).refusal[1]
    )
    assert chatbot("keys", "rotate", DATABASE_URL=database, KEYRING=keyring).refusal[0] == 2


def test_the_audit_trail_is_verified(chatbot: Chatbot, database: str, keyring: Path, tmp_path: Path) -> None:
    """0 and one line while it is whole, with the tail by name; 1 and a line for each fault; 2 for a head that
    is none."""
    settings: dict[str, str | Path] = {"DATABASE_URL": database, "KEYRING": keyring}
    assert chatbot("audit", "verify", **settings) == Ended(0, "whole  0 event(s) chained\n", "")
    insert = "INSERT INTO event (at, tag, position, digest) VALUES ('2026-11-25', 'link.made', ?, ?)"
    with sqlite3.connect(tmp_path / "desk.db") as file:
        file.execute(insert, (None, None))
    tail = chatbot("audit", "verify", **settings)
    assert (tail.code, "not chained yet  1 event(s) from 1 on" in tail.out) == (0, True)
    with sqlite3.connect(tmp_path / "desk.db") as file:
        file.execute(insert, (1, "0" * 64))
    wrong = chatbot("audit", "verify", **settings)
    assert (wrong.code, wrong.err, wrong.out.count("NOT WHOLE")) == (1, "", 2)
    for head in ("yesterday", "2026-11-31=" + "0" * 64, "2026-11-25=0"):
        assert chatbot("audit", "verify", "--head", head, **settings).refusal[0] == 2


def test_a_certificate_is_verified_by_the_key_ring_alone(chatbot: Chatbot, tmp_path: Path) -> None:
    """Without any database; one that was changed or given by another desk is refused, and so is nothing."""
    ring, other = (KeyRing.create(tmp_path / name) for name in ("ring.json", "other.json"))
    day = date(2026, 11, 30)
    erased = Certificate(Certified.ERASED, (2026, 45), day, date(2026, 12, 14), Elsewhere.OPEN).code(ring)
    complaint = Certificate(Certified.COMPLAINT, (2026, 123), day, date(2026, 12, 14)).code(ring)
    shut = {"KEYRING": ring.path, "DATABASE_URL": f"sqlite://{tmp_path}/gone/desk.db"}
    assert chatbot("verify", erased, **shut) == Ended(
        0,
        "genuine: the personal data of a customer was erased on 2026-11-30, as the customer had asked;"
        " number YC-2026-000045-D; the other systems had been told, and it was not done in all of them yet;"
        " promised to be done by 2026-12-14\n",
        "",
    )
    assert chatbot("verify", *complaint.lower().split("-"), **shut) == Ended(
        0,
        "genuine: a complaint was received on 2026-11-30; number KN-2026-000123-H;"
        " promised to be done by 2026-12-14\n",
        "",
    )
    assert not (tmp_path / "gone").exists()
    wrong = erased[:-1] + ("0" if erased[-1] != "0" else "1")
    for code in (wrong, Certificate(Certified.EXPIRED, None, day).code(other), "", "\udcff"):
        assert chatbot("verify", code, **shut).refusal == (
            1,
            "chatbot verify: not genuine: it was mistyped, or not given under this key ring\n",
        )
    for words, settings in (
        ([], shut),
        ([erased], {"KEYRING": tmp_path / "none.json"}),
        ([erased], {}),
        (["--all", erased], shut),
    ):
        assert chatbot("verify", *words, **settings).refusal[0] == 2


def test_import_deadline_and_intent_are_wired(
    chatbot: Chatbot, database: str, keyring: Path, tmp_path: Path
) -> None:
    """Each does its work from the command line, and refuses in one line."""
    settings: dict[str, str | Path] = {"DATABASE_URL": database, "KEYRING": keyring}
    report = tmp_path / "report.json"
    dry = chatbot("import", SAMPLE, "--dry-run", **settings)
    assert (dry.code, "60 taken" in dry.out) == (0, True)
    done = chatbot("import", SAMPLE, "--report", report, **settings)
    assert (done.code, done.err, "60 taken" in done.out) == (0, "", True)
    assert len(json.loads(report.read_text("utf-8"))["rows"]) == 60
    assert "60 unchanged" in chatbot("import", SAMPLE, **settings).out
    assert chatbot("import", tmp_path / "none.csv", **settings).refusal[0] == 2
    assert chatbot("import", SAMPLE, DATABASE_URL=database).refusal[0] == 2

    assert chatbot("deadline", "2026-11-24") == Ended(0, "2026-12-08\n", "")
    assert chatbot("deadline", "soon").refusal[0] == 2
    assert chatbot("intent", "cho tôi xem dữ liệu của tôi").out.startswith("view_data ")
    assert chatbot("intent").refusal[0] == 2


def test_wrong_usage_is_one_line_and_help_names_what_there_is(chatbot: Chatbot) -> None:
    """Unknown commands, options and missing arguments exit with 2; each command that is shown has help."""
    for words in (["nonsense"], ["serve", "--nonsense"], ["import"], ["keys", "nonsense"], ["deadline"]):
        code, line = chatbot(*words).refusal
        assert (code, line.startswith("chatbot: ")) == (2, True)
    shown = chatbot("--help")
    assert (shown.code, shown.err) == (0, "")
    commands = re.findall(r"^│ ([a-z]+) ", shown.out.partition("Commands")[2], re.MULTILINE)
    assert {"serve", "demo", "check", "migrate", "import", "deadline", "intent", "keys"} <= set(commands)
    assert {name: chatbot(name, "--help").code for name in commands} == dict.fromkeys(commands, 0)


def test_no_command_shows_the_help() -> None:
    """It is wrong usage all the same, and no empty line of complaint follows."""
    command = [sys.executable, "-m", "chatbot"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (2, "")
    assert "python -m chatbot" in ended.stdout
    assert "serve" in ended.stdout
