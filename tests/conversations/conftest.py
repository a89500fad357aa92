"""The desk to which the customers of the transcripts write."""

from __future__ import annotations

import pytest

from tests.chat import Desk
from tests.conftest import Database


@pytest.fixture
def desk(database: Database) -> Desk:
    """A desk over an open database."""
    return Desk()
