"""The schema: migrations that agree with the models, and the traps of the ORM that none may fall into."""

from __future__ import annotations

import ast
import re
import shutil
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from tortoise import Model, Tortoise
from tortoise.apps import Apps
from tortoise.backends.base.executor import EXECUTOR_CACHE
from tortoise.context import get_current_context
from tortoise.fields.relational import ForeignKeyFieldInstance
from tortoise.migrations.autodetector import MigrationAutodetector

from chatbot.clock import MovableClock, SystemClock
from models.database import configuration, connect, dialect, disconnect, fetch
from models.event import Event, Tag
from tests.conftest import Database

CONFIG = configuration("sqlite://:memory:")
"""For ``.venv/bin/tortoise -c tests.test_migrations.CONFIG makemigrations``."""

FOLDER = Path(__file__).parent.parent / "models" / "migrations"
MIGRATIONS = sorted(FOLDER.glob("[0-9]*.py"))

REBUILDS = {"AlterField", "RemoveField", "AddConstraint", "RemoveConstraint"}
"""On SQLite the ORM carries these out by DROP TABLE with foreign keys on: the rows of other tables that
point here go with it, and so do the indexes of the table. It says "OK"."""


def offences(code: str) -> set[str]:
    """The operations of the ORM's own that a migration uses and that rebuild a table."""
    return {
        node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id
        for node in ast.walk(ast.parse(code))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute | ast.Name)
    } & REBUILDS


@pytest.mark.parametrize("file", MIGRATIONS, ids=lambda file: file.stem)
def test_no_migration_rebuilds_a_table(file: Path) -> None:
    """A released migration must not lose rows; what would do it says how it is done instead."""
    assert offences(file.read_text(encoding="utf-8")) == set(), "see CONTRIBUTING.md, Change the schema"


@pytest.mark.parametrize("name", sorted(REBUILDS))
def test_a_planted_rebuild_is_found(name: str) -> None:
    """However the operation is imported."""
    assert offences(f"operations = [ops.{name}('Chat', name='step')]") == {name}
    assert offences(f"from tortoise.migrations.operations import {name}\n{name}('Chat')") == {name}


async def test_the_migrations_say_what_the_models_say() -> None:
    """``makemigrations`` would find nothing to do: nobody changed a model and forgot its migration."""
    await Tortoise.init(config=CONFIG)
    try:
        writers = await MigrationAutodetector(_apps(), CONFIG["apps"]).changes()
    finally:
        await disconnect()
    assert [operation.describe() for writer in writers for operation in writer.operations] == []


async def test_a_migrated_database_has_the_columns_and_indexes_of_the_models(
    migrated_sqlite: Path, tmp_path: Path
) -> None:
    """The migrations, one after the other, end where the models are: no column and no index got lost
    on the way. What is in the database beside that was written on purpose, as SQL."""
    EXECUTOR_CACHE.clear()
    migrated = shutil.copy(migrated_sqlite, tmp_path / "migrated.db")
    found = await _shape(f"sqlite://{migrated}", make=False)
    expected = await _shape(f"sqlite://{tmp_path}/models.db", make=True)
    assert expected <= found
    written = set(re.findall(r"CREATE (?:UNIQUE )?INDEX (\w+)", "".join(f.read_text() for f in MIGRATIONS)))
    assert {line[1] for line in found - expected} <= written


async def test_every_foreign_key_has_an_index() -> None:
    """Without it, erasing one customer walks through every row that could point there."""
    await Tortoise.init(config=CONFIG)
    try:
        keys = [
            (model.__name__, name, field)
            for model in _models()
            for name, field in model._meta.fields_map.items()
            if isinstance(field, ForeignKeyFieldInstance)
        ]
    finally:
        await disconnect()
    assert len(keys) >= 7
    assert [f"{model}.{name}" for model, name, field in keys if not field.index] == []


async def test_nothing_that_the_orm_would_ignore_stands_in_a_model() -> None:
    """Constraints and partial indexes of ``Meta`` never reach the database; they are written as SQL."""
    await Tortoise.init(config=CONFIG)
    try:
        ignored = [model.__name__ for model in _models() if getattr(model.Meta, "constraints", None)]
        partial = [
            model.__name__
            for model in _models()
            for index in getattr(model.Meta, "indexes", ())
            if getattr(index, "condition", None) or getattr(index, "extra", None)
        ]
    finally:
        await disconnect()
    assert (ignored, partial) == ([], [])


async def test_no_description_ends_a_statement() -> None:
    """The first paragraph of a model's docstring, and a field's description, become comments of the
    schema, where the ORM splits a script at every semicolon and SQLite ends a comment at ``*/``."""
    await Tortoise.init(config=CONFIG)
    try:
        texts = {model.__name__: model._meta.table_description for model in _models()} | {
            f"{model.__name__}.{name}": field.description
            for model in _models()
            for name, field in model._meta.fields_map.items()
        }
    finally:
        await disconnect()
    assert [name for name, text in texts.items() if text and re.search(r";|\*/|\n", text)] == []


async def test_an_instant_is_stored_in_utc_whatever_zone_it_comes_in(database: Database) -> None:
    """SQLite compares instants as text, so that one in another zone would be found before its time. What
    is compared with must be in UTC too, as every instant of the clock is."""
    noon = datetime(2026, 11, 24, 12, 0, tzinfo=timezone(timedelta(hours=7)))
    for at in (noon - timedelta(hours=1), (noon - timedelta(minutes=1)).astimezone(UTC), noon):
        await Event.record(Tag.CODE_SENT, at)
    assert await Event.filter(at__lt=noon.astimezone(UTC)).count() == 2
    assert [event.at.utcoffset() for event in await Event.all()] == [timedelta(0)] * 3
    assert SystemClock().now().utcoffset() == MovableClock().now().utcoffset() == timedelta(0)


async def test_rows_that_hang_on_a_row_are_whole(database: Database) -> None:
    """Foreign keys are enforced on both databases: a code of no chat is refused."""
    with pytest.raises(Exception, match=r"(?i)foreign key"):
        await fetch(
            "INSERT INTO wish (id, chat_id, for_whom, wished_at) VALUES (?, ?, 'self', ?) RETURNING id",
            *_ids(),
            datetime(2026, 11, 24, tzinfo=UTC),
        )


def _ids() -> tuple[str, str]:
    return "00000000-0000-7000-8000-000000000001", "00000000-0000-7000-8000-000000000002"


def _apps() -> Apps:
    context = get_current_context()
    assert context is not None
    assert context.apps is not None
    return context.apps


def _models() -> list[type[Model]]:
    return list(_apps()["models"].values())


async def _shape(url: str, *, make: bool) -> set[tuple[str, ...]]:
    """Columns and indexes as tuples that begin with the table: (table, column, type, not null) and
    (table, columns, unique)."""
    await connect(url)
    try:
        if make:
            await Tortoise.generate_schemas()
        assert dialect() == "sqlite"
        shape: set[tuple[str, ...]] = set()
        tables: list[dict[str, Any]] = await fetch(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
            " AND name NOT LIKE 'tortoise%'"
        )
        for table in (row["name"] for row in tables):
            for column in await fetch(f'PRAGMA table_info("{table}")'):
                shape.add((table, column["name"], column["type"], str(column["notnull"])))
            for index in await fetch(f'PRAGMA index_list("{table}")'):
                columns = await fetch(f'PRAGMA index_info("{index["name"]}")')
                shape.add((table, index["name"], ",".join(str(c["name"]) for c in columns)))
        return shape
    finally:
        await disconnect()
