"""A missing optional part skips its tests by name, and fails them where everything is required."""

from __future__ import annotations

import pytest

from tests import optional


def test_a_missing_chromium_skips_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever reads the summary knows what to install."""
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("REQUIRE_OPTIONAL", raising=False)
    with pytest.raises(pytest.skip.Exception, match="needs Chromium"):
        optional.chromium_path()


def test_a_missing_pg_dump_skips_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL may run elsewhere, and its client not be here."""
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("REQUIRE_OPTIONAL", raising=False)
    with pytest.raises(pytest.skip.Exception, match="needs pg_dump"):
        optional.pg_dump_path()


async def test_a_missing_postgres_skips_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that refuses us counts as none, also when asked for inside an event loop."""
    monkeypatch.setattr(optional, "POSTGRES", "postgres://postgres@127.0.0.1:1/postgres")
    monkeypatch.delenv("REQUIRE_OPTIONAL", raising=False)
    optional._postgres_answers.cache_clear()
    with pytest.raises(pytest.skip.Exception, match="needs PostgreSQL"):
        optional.postgres_url()
    optional._postgres_answers.cache_clear()


def test_where_everything_is_required_a_missing_part_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """A build machine without its browser is not mistaken for a passing one."""
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("REQUIRE_OPTIONAL", "1")
    with pytest.raises(pytest.fail.Exception, match="needs Chromium"):
        optional.chromium_path()
