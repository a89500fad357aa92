"""What is installed is pinned, declared and explained, and nothing says where it comes from."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCKS = ("requirements.lock", "requirements-dev.lock")
REGISTRIES = [
    f"{name}.{end}"
    for name, end in [
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("npmjs", "org"),
        ("npmjs", "com"),
        ("golang", "org"),
        ("crates", "io"),
    ]
]


def _names(requirements: list[str]) -> set[str]:
    return {_normal(re.split(r"[^\w.-]", requirement, maxsplit=1)[0]) for requirement in requirements}


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


RUNTIME = _names(PROJECT["project"]["dependencies"])
BUILD = _names(PROJECT["build-system"]["requires"])
DEV = _names(PROJECT["project"]["optional-dependencies"]["dev"])


def _pins(lock: str) -> dict[str, str]:
    """Package -> version, from the lines that start one."""
    text = (ROOT / lock).read_text(encoding="utf-8")
    return {_normal(name): version for name, version in re.findall(r"^([\w.-]+)==(\S+)", text, re.MULTILINE)}


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_index_and_no_url(lock: str) -> None:
    """Whoever installs decides where from."""
    text = (ROOT / lock).read_text(encoding="utf-8")
    assert not re.search(
        r"://|@ |^\s*(-i|-f|--index-url|--extra-index-url|--find-links)\b", text, re.MULTILINE
    )


@pytest.mark.parametrize("lock", LOCKS)
def test_every_line_of_a_lock_has_a_version_and_a_hash(lock: str) -> None:
    """Nothing in it can be exchanged without notice."""
    text = re.sub(r"^\s*#.*\n", "", (ROOT / lock).read_text(encoding="utf-8"), flags=re.MULTILINE)
    entries = text.replace("\\\n", "").splitlines()
    assert entries
    for entry in entries:
        assert re.match(r"[\w.-]+==\S+ .*--hash=sha256:[0-9a-f]{64}", entry), entry


def test_the_locks_hold_what_is_declared() -> None:
    """Somebody who adds a dependency and forgets ``make lock`` hears of it."""
    runtime, dev = _pins("requirements.lock"), _pins("requirements-dev.lock")
    assert (RUNTIME | BUILD) - runtime.keys() == set()
    assert (RUNTIME | BUILD | DEV) - dev.keys() == set()
    assert {name: dev.get(name) for name in runtime} == runtime


def test_every_dependency_has_its_reason() -> None:
    """The table in CONTRIBUTING.md and pyproject.toml name the same packages."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    table = text.split("## Dependencies")[1].split("\n## ")[0]
    rows = re.findall(r"^\| (\S+) \| (.+) \| (.+) \|$", table, re.MULTILINE)
    assert {_normal(name) for name, _, _ in rows} - {"package"} == RUNTIME | BUILD | DEV


def test_everything_imported_is_declared() -> None:
    """The program leans on no package that only happens to be there because another needs it."""
    homes = packages_distributions()
    ours = {"chatbot", "handlers", "models", "locales"}
    declared = RUNTIME | {"pydantic-core"}  # pydantic's own half, which its documentation imports from
    for path in [file for top in ours for file in (ROOT / top).rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            modules = [name.name for name in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                modules = [node.module]
            for top in {module.partition(".")[0] for module in modules} - ours - sys.stdlib_module_names:
                assert {_normal(home) for home in homes.get(top, [])} & declared, f"{path.name} imports {top}"


def test_no_file_names_a_registry() -> None:
    """The repository can be built behind any mirror."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode:
        pytest.skip("needs a git checkout")
    files = [ROOT / name for name in listed.stdout.split("\0") if name]
    for file in filter(Path.is_file, files):
        content = file.read_bytes()
        assert [host for host in REGISTRIES if host.encode() in content] == [], file
