"""The inventory of personal columns: nobody adds a column without saying what it holds of whom."""

from __future__ import annotations

from datetime import UTC, datetime

from tortoise.fields import BinaryField, CharField, JSONField, TextField
from tortoise.fields.data import CharEnumFieldInstance
from tortoise.fields.relational import BackwardFKRelation, ForeignKeyFieldInstance
from tortoise.models import Model

import models
from models.data_request import DataRequest, RequestState
from models.database import run_tx
from models.deadline import Deadline
from models.inventory import INVENTORY, remove_keyless
from models.keys import SubjectKey, new_id
from models.promises import Promise
from tests.cases import SHOP
from tests.conftest import Database
from tests.people import put_on_file
from tests.requests import a_request

NOW = datetime(2026, 11, 25, 2, tzinfo=UTC)

TABLES: dict[str, type[Model]] = {
    model._meta.db_table: model for model in (getattr(models, name) for name in models.__all__)
}


def columns(model: type[Model]) -> dict[str, object]:
    """The columns of a table by their names in the database, with their fields."""
    return {
        f"{name}_id" if isinstance(field, ForeignKeyFieldInstance) else name: field
        for name, field in model._meta.fields_map.items()
        if not isinstance(field, BackwardFKRelation)
    }


def speaking(model: type[Model]) -> set[str]:
    """The columns that could hold anything: text, JSON and bytes. An enum holds words of ours only."""
    return {
        column
        for column, field in columns(model).items()
        if isinstance(field, CharField | TextField | JSONField | BinaryField)
        and not isinstance(field, CharEnumFieldInstance)
    }


def unlisted(table: str, model: type[Model]) -> set[str]:
    """Columns that are in neither list."""
    return speaking(model) - {*INVENTORY[table].sealed, *INVENTORY[table].clear}


def test_every_table_is_in_the_inventory() -> None:
    """One that is not would be neither erased nor restored rightly."""
    assert INVENTORY.keys() == TABLES.keys()


def test_every_column_of_text_json_or_bytes_is_sealed_or_has_its_reason() -> None:
    """A new column gets its line in models/inventory.py, and then in docs/architecture.md."""
    assert {table: found for table, model in TABLES.items() if (found := unlisted(table, model))} == {}


def test_a_column_that_nobody_listed_is_found() -> None:
    """The test above can fail."""
    chat = TABLES["chat"]
    assert unlisted("code", chat) == speaking(chat)


def test_the_inventory_names_only_what_is_there() -> None:
    """Each column once; a sealed one holds bytes; a subject is a column of ids."""
    for table, holding in INVENTORY.items():
        there = columns(TABLES[table])
        outlived = {holding.outlived} if holding.outlived else set()
        assert {*holding.subjects, *outlived, *holding.sealed, *holding.clear} <= there.keys(), table
        assert not {*holding.sealed} & holding.clear.keys(), table
        assert all(isinstance(there[column], BinaryField) for column in holding.sealed), table
        assert all(holding.clear.values()), table


def test_whoever_has_a_column_for_a_persons_row_is_their_subject() -> None:
    """The id of a chat, a customer or a case in a column means that the row is theirs, but for where it
    only points there: where a case or request is answered, in which chat a consent was given,
    contacts were changed or an erasure was asked for, whom the staff's group knows, and the trail of what
    happened."""
    pointers = {
        ("case", "chat"),
        ("data_request", "chat"),
        ("consent", "chat"),
        ("contact_change", "chat"),
        ("erasure", "chat"),
        ("staff_member", "chat"),
        ("event", "chat"),
        ("event", "customer"),
        ("event", "case"),
    }
    for table, model in TABLES.items():
        for column in columns(model):
            if column.removesuffix("_id") in ("chat", "customer", "case", "subject") and (
                (table, column) not in pointers
            ):
                holding = INVENTORY[table]
                assert column in {*holding.subjects, holding.outlived}, (table, column)


async def test_the_register_outlives_its_customer_without_their_words(database: Database) -> None:
    """A request, its clocks and consents stay when the key has gone; what was sealed under it does not."""
    customer = await put_on_file(NOW)
    request = await a_request(customer, NOW, asked="Xin đừng gửi tin nữa")
    await SubjectKey.filter(id=customer.id).delete()
    await run_tx(remove_keyless)
    kept = await DataRequest.get(id=request.id)
    assert (kept.state, kept.asked) == (RequestState.OPEN, None)
    assert await Deadline.filter(about=request.id).count() == 2
    await Deadline.start(new_id(), Promise.RESOLVE, 1, NOW, SHOP.calendar)
    assert await run_tx(remove_keyless) == 1, "a clock of a case that has gone goes with it"
