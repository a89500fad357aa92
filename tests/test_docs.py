"""What the documentation names exists, and what exists is named."""

from __future__ import annotations

import ast
import re
import shlex
from datetime import timedelta
from functools import reduce
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import typer
from prometheus_client import REGISTRY
from tortoise.fields import BinaryField

import models
from chatbot.__main__ import cli
from chatbot.app import App
from chatbot.records import Reason
from chatbot.settings import Settings, load_settings
from chatbot.shop import load_shop
from chatbot.tables.headers import SYNONYMS
from chatbot.texts import Texts
from models.inventory import INVENTORY
from models.keeping import TERMS
from models.tally import Limit
from tests.documents import FILES, ROOT, blocks, quoted, rows, section, text

documents = pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)

COMMANDS: dict[str, Any] = {}
"""Each command as it is typed, with what knows its options."""
for _name, _command in typer.main.get_command(cli).commands.items():  # type: ignore[attr-defined]
    for _sub, _below in getattr(_command, "commands", {"": _command}).items():
        COMMANDS[f"{_name} {_sub}".strip()] = _below

SETTINGS = {name.upper(): field for name, field in Settings.model_fields.items()}
NO_SETTINGS = {"TEST_POSTGRES_URL", "REQUIRE_OPTIONAL", "DEEP_TESTS", "_COMMANDS"}
"""What is written like a setting and is none: the tests' own, and a name in the code."""

EXAMPLES = {"locales/vi/feedback.po", "locales/en/feedback.po"}
"""Files that only a worked example speaks of."""


def options(command: Any) -> set[str]:
    """The options of a command."""
    return {one for param in command.params for one in param.opts if one.startswith("--")} - {"--help"}


def test_every_command_is_in_the_readme_with_its_options() -> None:
    """The table and the command line name the same."""
    table = {quoted(name)[0]: what for name, what in rows(section("README.md", "## Commands"), "command")}
    named = {re.sub(r" [A-Z]+$", "", name.removeprefix("chatbot ")): what for name, what in table.items()}
    assert set(named) == set(COMMANDS)
    for name, what in named.items():
        assert {one.split()[0] for one in quoted(what) if one.startswith("--")} == options(COMMANDS[name]), (
            name
        )


@documents
def test_every_command_that_is_shown_can_be_typed(file: Path) -> None:
    """Each call of the program, in a block or in a sentence, is a command with options that it has."""
    document = file.read_text(encoding="utf-8")
    shown = [line for code in blocks(document, "shell") for line in code.splitlines()] + re.findall(
        r"`((?:\S*/)?chatbot [^`]+)`", document
    )
    shown += re.findall(r"^Exec\w+=(.*)$", document, re.MULTILINE)
    for call in [
        part for line in shown for part in line.split("&&") if re.search(r"(^|/|\s)chatbot\s", part)
    ]:
        words = shlex.split(call, comments=True)
        at = next(number for number, word in enumerate(words) if word.rpartition("/")[2] == "chatbot")
        words = words[at + 1 :]
        if words[0] == "NAME":
            continue
        name = " ".join(words[:2]) if " ".join(words[:2]) in COMMANDS else words[0]
        assert name in COMMANDS, call
        assert {word for word in words if word.startswith("--")} <= options(COMMANDS[name]), call


def test_every_setting_is_in_the_readme_with_its_default() -> None:
    """The table and ``chatbot/settings.py`` name the same; what does nothing yet says so."""
    table = list(rows(section("README.md", "## Settings"), "name"))
    assert sorted(name for cell, _, _ in table for name in quoted(cell)) == sorted(SETTINGS)
    for names, default, meaning in table:
        for name in quoted(names):
            field = SETTINGS[name]
            value = (
                field.default.get_secret_value()
                if hasattr(field.default, "get_secret_value")
                else field.default
            )
            is_set = field.default_factory is None and value not in (None, ())
            if len(quoted(names)) == 1:
                assert default == (f"`{value}`" if is_set else "-"), name
            used = any(
                re.search(rf"settings\.{name.lower()}\b", path.read_text(encoding="utf-8"))
                for path in (ROOT / "chatbot").rglob("*.py")
                if path.name != "settings.py"
            )
            assert used != meaning.startswith("not used yet"), name


@documents
def test_every_setting_that_is_named_exists(file: Path) -> None:
    """A word in capitals with an underscore, in backticks or before an equals sign, is a setting."""
    for word in re.findall(
        r"`([A-Z]*_[A-Z_]+)\b|^([A-Z_]+)=", file.read_text(encoding="utf-8"), re.MULTILINE
    ):
        assert "".join(word) in SETTINGS.keys() | NO_SETTINGS, word


def test_the_settings_of_the_deployment_are_accepted() -> None:
    """Whoever copies the example starts."""
    lines = blocks(section("docs/operations.md", "## A machine of one's own"), "ini")[0].splitlines()
    assert load_settings(dict(line.split("=", 1) for line in lines), env_file=None).telegram_mode == "webhook"


@documents
def test_every_link_leads_somewhere(file: Path) -> None:
    """A relative link names a file, and its anchor a heading there."""
    for target in re.findall(r"\]\(([^)\s]+)\)", file.read_text(encoding="utf-8")):
        if "://" in target:
            continue
        path, _, anchor = target.partition("#")
        found = (file.parent / path) if path else file
        assert found.is_file(), target
        headings = re.findall(r"^#+ (.+)$", found.read_text(encoding="utf-8"), re.MULTILINE)
        assert not anchor or anchor in {
            re.sub(r"[^\w -]", "", one).lower().replace(" ", "-") for one in headings
        }


@documents
def test_every_file_that_is_named_exists(file: Path) -> None:
    """Also in figures; a star stands for any name."""
    document = file.read_text(encoding="utf-8")
    for name in re.findall(
        r"(?<![\w/.-])(?:chatbot|handlers|models|locales|tests|docs|\.ci)/[\w./*-]*", document
    ):
        found = name.rstrip(".-")
        assert found in EXAMPLES or any(ROOT.glob(found.rstrip("/"))), name


@documents
def test_every_test_that_is_named_exists(file: Path) -> None:
    """``tests/test_x.py::test_y`` is a function of that file."""
    for path, name in re.findall(r"\b(tests/[\w/]+\.py)::(\w+)", file.read_text(encoding="utf-8")):
        tree = ast.parse(text(path))
        named = {one.name for one in tree.body if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)}
        assert name in named, f"{path}::{name}"


def test_the_threat_model_shows_a_test_for_each_attack() -> None:
    """What no test shows is not covered, and is said there."""
    tables = text("docs/threat-model.md").split("\n| attack |")[1:]
    attacks = [row for table in tables for row in rows(f"| attack |{table}", "attack")]
    assert len(attacks) > 50
    assert [what for what, _, shown in attacks if "::" not in shown] == []


@documents
def test_no_document_names_a_machine(file: Path) -> None:
    """Nothing of where it was written stands in it."""
    assert not re.search(
        r"/(work|root|home|tmp|Users|mnt)/|site-packages|localhost:", file.read_text("utf-8")
    )


@documents
def test_python_in_the_documents_compiles(file: Path) -> None:
    """Every block of Python is Python."""
    for code in blocks(file.read_text(encoding="utf-8"), "python"):
        ast.parse(code)


def test_the_limits_are_those_of_the_code() -> None:
    """Each number of the table is the value that stands in the code."""
    for what, number, where in rows(text("docs/operations.md"), "what"):
        module, value = quoted(where)[0], None
        while value is None:
            module, _, _ = module.rpartition(".")
            try:
                loaded = import_module(module)
            except ModuleNotFoundError:
                continue
            path = quoted(where)[0].removeprefix(f"{module}.").split(".")
            value = reduce(_attribute, path, loaded)
        assert number == in_words(value), what


def _attribute(owner: Any, name: str) -> Any:
    defaults = {one.name: one.default for one in getattr(owner, "__dataclass_fields__", {}).values()}
    return defaults[name] if isinstance(owner, type) and name in defaults else getattr(owner, name)


def in_words(value: Any) -> str:
    """A value as the table writes it."""
    match value:
        case Limit():
            return f"{value.most} in {value.window / timedelta(hours=1):g} h"
        case timedelta():
            for unit, length in (("d", 86400), ("min", 60), ("s", 1)):
                if value.total_seconds() % length == 0:
                    return f"{value.total_seconds() / length:g} {unit}"
        case float():
            return f"{value:g} s"
        case int() if value >= 1024**2:
            return f"{value // 1024**2} MB"
    return str(value)


def test_every_log_line_is_explained() -> None:
    """The table and the code name the same events."""
    named = {name for cell, _ in rows(text("docs/operations.md"), "event") for name in quoted(cell)}
    logged = {
        node.args[0].value
        for path in (ROOT / "chatbot").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "log"
        and isinstance(node.args[0], ast.Constant)
    }
    assert named == logged


def test_every_metric_is_explained() -> None:
    """The table and the registry name the same, apart from the process's own."""
    named = {quoted(cell)[0] for cell, _ in rows(text("docs/operations.md"), "metric")}
    assert named == {
        one.name for one in REGISTRY.collect() if not one.name.startswith(("python_", "process_"))
    }


def test_every_line_of_check_and_readyz_is_explained(tmp_path: Path) -> None:
    """The tables name what the program prints."""
    tree = ast.parse(text("chatbot/commands/checking.py"))
    printed = {
        node.value.elts[0].value
        for node in ast.walk(tree)
        if isinstance(node, ast.Yield)
        and isinstance(node.value, ast.Tuple)
        and isinstance(node.value.elts[0], ast.Constant)
    }
    assert {quoted(cell)[0] for cell, _ in rows(text("docs/operations.md"), "line")} == printed
    settings = load_settings(
        {
            "DATA_DIR": str(tmp_path),
            "TELEGRAM_BOT_TOKEN": "1:a",
            "TELEGRAM_MODE": "polling",
            "SMS_URL": "https://sms.example.com",
            "SMTP_URL": "smtp://mail.example.com",
            "MAIL_FROM": "desk@example.com",
            "STAFF_EMAIL": "staff@example.com",
            "PUBLIC_URL": "https://desk.example.com",
            "ZALO_APP_ID": "1",
            "ZALO_APP_SECRET": "a",
            "ZALO_OA_SECRET": "a",
            "ZALO_OTP_TEMPLATE": "1",
            "CHANGES_URL": "https://erp.example.com/changes",
            "CHANGES_SECRET": "sixteen characters",
        },
        env_file=None,
    )
    app = App(settings, load_shop(), Texts.load())
    parts = {*app.probes(), *app.outlet_probes()}
    assert {quoted(cell)[0] for cell, _ in rows(text("docs/operations.md"), "part")} == parts


def test_every_table_and_what_is_sealed_in_it_is_explained() -> None:
    """Whoever adds a column of sealed or hashed bytes says under whose key it lies."""
    document = text("docs/architecture.md")
    named = {quoted(row[0])[0]: " ".join(row) for row in rows(document, "table")}
    coming = {quoted(row[0])[0]: " ".join(row) for row in rows(document, "coming table")}
    tables = {model._meta.db_table: model for model in (getattr(models, name) for name in models.__all__)}
    assert named.keys() <= tables.keys() <= named.keys() | coming.keys()
    for table, model in tables.items():
        columns = {name for name, field in model._meta.fields_map.items() if isinstance(field, BinaryField)}
        assert columns <= set(quoted((coming | named)[table])), table
    for table, sealed, _ in rows(document, "table"):
        assert {*INVENTORY[quoted(table)[0]].sealed} == {*re.findall(r"`([a-z_]+)`", sealed)}, table


def test_every_period_and_its_source_is_explained() -> None:
    """The table of docs/retention.md is that of the code."""
    written = {quoted(row[0])[0]: row[1:] for row in rows(text("docs/retention.md"), "what")}
    years = {
        category: str(term.years or "`retention_years` of `SHOP_FILE`") for category, term in TERMS.items()
    }
    assert written == {
        str(category): [years[category], term.begins, term.why, term.source]
        for category, term in TERMS.items()
    }


def test_every_header_and_reason_of_an_import_is_explained() -> None:
    """The tables of docs/import.md are those of the code."""
    written = {quoted(field)[0]: names for field, names in rows(text("docs/import.md"), "field")}
    assert written == {
        field: "; ".join(" ".join(name.split()) for name in names.split(";"))
        for field, names in SYNONYMS.items()
    }
    assert [quoted(reason)[0] for reason, _ in rows(text("docs/import.md"), "reason")] == list(Reason)
