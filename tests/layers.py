"""Reads who imports whom and who uses which name, without running anything.

The rules of this program stand in test_layers.py.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

OURS = ("chatbot", "handlers", "models")
"""The packages that the rules are about."""


@dataclass(frozen=True)
class May:
    """What a part may import, as space-separated module names; ``x.*`` means x and all below it.

    Of our own modules a part may import itself and ``ours``, no others (``*``: any). ``libraries`` is as
    complete where it is given: these and the standard library. ``never`` is stronger than both.
    """

    ours: str
    never: str = ""
    libraries: str | None = None


@dataclass(frozen=True)
class Unused:
    """Dotted names that the modules ``inside`` must not use, those in ``but`` excepted.

    ``*.gather`` is an attribute of that name on anything, or a keyword argument of that name
    that is not switched off.
    """

    names: str
    inside: str
    but: str = ""


@dataclass(frozen=True)
class _Import:
    line: int
    module: str
    name: str
    """The local name that it binds."""
    full: str
    """What that name stands for."""


def violations(root: Path, parts: Mapping[str, May], unused: tuple[Unused, ...]) -> list[str]:
    """One line, with file and line number, per import or name under ``root`` that breaks a rule.

    A module obeys the rule of the longest key of ``parts`` that covers it. Imports count wherever they
    stand: inside functions and under ``TYPE_CHECKING`` too.
    """
    modules = {
        _module_name(path.relative_to(root)): path for top in OURS for path in (root / top).rglob("*.py")
    }
    found = []
    for module, path in sorted(modules.items()):
        code = ast.parse(path.read_text(encoding="utf-8"))
        package = module if path.name == "__init__.py" else module.rpartition(".")[0]
        imports = list(_imports(code, package, set(modules)))
        part = max((part for part in parts if _covers(part, module)), key=len)
        found += [
            f"{path.relative_to(root)}:{each.line}: {part} must not import {each.module}"
            for each in imports
            if not _allowed(each.module, part, parts[part])
        ]
        known = {each.name: each.full for each in imports}
        found += [
            f"{path.relative_to(root)}:{line}: {module} must not use {name}"
            for rule in unused
            if _listed(module, rule.inside) and not _listed(module, rule.but)
            for line, name in _uses(code, known)
            if name in rule.names.split() or f"*.{name.rpartition('.')[2]}" in rule.names.split()
        ]
    return found


def _module_name(path: Path) -> str:
    steps = path.with_suffix("").parts
    return ".".join(steps[:-1] if steps[-1] == "__init__" else steps)


def _covers(pattern: str, module: str) -> bool:
    return pattern in ("*", module) or (pattern.endswith(".*") and f"{module}.".startswith(pattern[:-1]))


def _listed(module: str, patterns: str) -> bool:
    return any(_covers(pattern, module) for pattern in patterns.split())


def _allowed(target: str, part: str, may: May) -> bool:
    top = target.partition(".")[0]
    if _listed(target, may.never):
        return False
    if top in OURS:
        return _covers(part, target) or _listed(target, may.ours)
    return may.libraries is None or top in sys.stdlib_module_names or _listed(target, may.libraries)


def _imports(code: ast.Module, package: str, modules: set[str]) -> Iterator[_Import]:
    """``from x import y`` is an import of x.y where that is a module of ours, else of x."""
    for node in ast.walk(code):
        if isinstance(node, ast.Import):
            for name in node.names:
                local = name.asname or name.name.partition(".")[0]
                yield _Import(node.lineno, name.name, local, name.name if name.asname else local)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            source = ".".join([*above, *([node.module] if node.module else [])])
            for name in node.names:
                full = f"{source}.{name.name}"
                yield _Import(
                    node.lineno, full if full in modules else source, name.asname or name.name, full
                )


def _uses(code: ast.Module, known: Mapping[str, str]) -> Iterator[tuple[int, str]]:
    """Every name, dotted attribute and keyword argument (but =False) in use, imported names in full."""
    for node in ast.walk(code):
        if isinstance(node, ast.Name | ast.Attribute):
            yield node.lineno, _dotted(node, known)
        elif isinstance(node, ast.keyword) and node.arg and ast.unparse(node.value) != "False":
            yield node.value.lineno, node.arg


def _dotted(node: ast.expr, known: Mapping[str, str]) -> str:
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value, known)}.{node.attr}"
    return known.get(node.id, node.id) if isinstance(node, ast.Name) else "?"
