"""Every text that a conversation can say exists, with its placeholders, and none is left over."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from chatbot.texts import Texts
from handlers import CONVERSATIONS
from tests.sessions.making import LISTED

ROOT = Path(__file__).parent.parent
TEXTS = Texts.load()
KEYS = frozenset(TEXTS.catalogues["vi"])
SPOKEN = {"answer", "engine", *(conversation.name for conversation in CONVERSATIONS)}
"""The domains that conversations speak from; the others belong to the pages, the sender and the channels."""

SAYING = {"Say", "Paragraph", "Invalid", "Done", "LinkTo"}


class Said(NamedTuple):
    """A text that the code names: where, by what, its key (a pattern where parts are computed), and the
    parameters it is given (None where these are computed too)."""

    where: str
    key: re.Pattern[str]
    params: frozenset[str] | None


def asked() -> Iterator[str]:
    """The keys that the engine makes from the names of conversations, steps and choices."""
    for conversation in CONVERSATIONS:
        yield f"menu.choice.{conversation.name}"
        for step in conversation.steps:
            prefix = f"{conversation.name}.{step.name}"
            yield f"{prefix}.ask"
            if step.answer.share:
                yield f"{prefix}.share"
            listed = [one for one in LISTED.get(prefix, ()) if not re.fullmatch(r"[0-9a-f-]{36}|\d+", one)]
            for choice in (*listed, *step.answer.choices):
                yield f"{prefix}.choice.{choice}"


@cache
def said() -> list[Said]:
    """The keys that stand in the code of the engine, the conversations and the models, in order."""
    found = set()
    for part in ("chatbot", "handlers", "handlers/staff", "models"):
        for file in ROOT.glob(f"{part}/*.py"):
            tree = ast.parse(file.read_text("utf-8"))
            found |= set(_named(tree, file, list(_conversations(tree))))
    return sorted(found, key=lambda one: (one.where, one.key.pattern, sorted(one.params or ())))


def _conversations(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name("Conversation"), args=[ast.Constant(str(name)), *_]):
                yield name


def _named(tree: ast.Module, file: Path, conversations: list[str]) -> Iterator[Said]:
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef | ast.Module):
            continue
        for node in _own(function):
            where = f"{file.parent.name}/{file.name}:{getattr(node, 'lineno', 0)}"
            match node:
                case ast.Call(func=ast.Name(kind), args=[first, *_]) if kind in SAYING:
                    names = {keyword.arg for keyword in node.keywords}
                    params = None if None in names else frozenset(name for name in names if name)
                    step = f"{function.name}." if kind == "Invalid" and hasattr(function, "name") else ""
                    for key in _patterns(first, conversations, step):
                        yield Said(where, re.compile(key), params)
                case ast.Constant(str(text)) if re.fullmatch(r"[a-z_]+(\.[a-z_]+)+", text):
                    if text.split(".")[0] in SPOKEN:
                        yield Said(where, re.compile(re.escape(text)), None)


def _own(function: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a function without those of functions within it."""
    for child in ast.iter_child_nodes(function):
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            yield child
            yield from _own(child)
        else:
            for decorator in child.decorator_list:
                yield from ast.walk(decorator)


def _patterns(first: ast.expr, conversations: list[str], step: str) -> Iterator[str]:
    match first:
        case ast.Constant(str(key)) if "." in key:
            yield re.escape(key)
        case ast.Constant(str(key)):
            yield "|".join(re.escape(f"{one}.{step}{key}") for one in conversations)
        case ast.JoinedStr(values) if isinstance(values[0], ast.Constant):
            yield "".join(re.escape(str(v.value)) if isinstance(v, ast.Constant) else r"\w+" for v in values)


def test_there_is_something_to_look_at() -> None:
    """The walk finds the texts of each way to name one."""
    found = " ".join(one.key.pattern for one in said())
    for key in (
        "engine.late",
        "identity.code.wrong",
        "identity.shut_short",
        "profile.line.note",
        "human.wanted",
    ):
        assert re.escape(key) in found
    assert r"identity\.sent\.\w+" in found


@pytest.mark.parametrize("locale", TEXTS.locales)
def test_what_the_engine_asks_exists(locale: str) -> None:
    """The question of every step, its choices, its button to share, and the name of every conversation."""
    assert set(asked()) <= set(TEXTS.catalogues[locale])


def test_what_the_code_says_exists_and_gets_its_values() -> None:
    """A text that is named in the code is in the catalogues, and each of its placeholders is filled."""
    for one in said():
        keys = [key for key in KEYS if one.key.fullmatch(key)]
        assert keys, one
        if one.params is not None:
            for key in keys:
                assert set(TEXTS.catalogues["vi"][key].names) <= one.params, one


def test_no_text_is_left_over() -> None:
    """What nothing can say any more is taken out of the catalogues."""
    used = set(asked()) | {key for key in KEYS for one in said() if one.key.fullmatch(key)}
    assert sorted(key for key in KEYS - used if key.split(".")[0] in SPOKEN) == []
