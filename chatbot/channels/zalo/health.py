"""What the operator should know about Zalo: one line when trouble begins, one when it is over."""

from __future__ import annotations

import structlog

log = structlog.get_logger(__name__)


class Health:
    """The troubles of the parts of the channel, each in words and with what to do."""

    def __init__(self) -> None:
        self._troubles: dict[str, str] = {}

    def line(self) -> str | None:
        """The trouble to show, or None when all is well."""
        return next(iter(self._troubles.values()), None)

    def bad(self, part: str, trouble: str) -> None:
        """Note that ``part`` fails; logged only when it is news."""
        if self._troubles.get(part) != trouble:
            self._troubles[part] = trouble
            log.error("zalo_trouble", part=part, trouble=trouble)

    def good(self, part: str) -> None:
        """Note that ``part`` works (again)."""
        if self._troubles.pop(part, None):
            log.info("zalo_recovered", part=part)
