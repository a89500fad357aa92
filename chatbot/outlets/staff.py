"""Notices to staff, through whatever outlet the shop has for them: a group, or a mailbox."""

from __future__ import annotations

from dataclasses import replace

import structlog

from chatbot.channels import Blocked, DeliveryError, Later, Moved, Outlet, Refused
from chatbot.messages import Address, Reply

log = structlog.get_logger(__name__)


class StaffOutlet:
    """The outlet "staff": every message goes to one address of another outlet. ``hears`` says that what
    staff press there comes back to us; where it does not, there are no buttons. What the address does not
    take goes to ``instead``, where there is one: a warning must not wait for a group that is gone."""

    name = "staff"

    def __init__(
        self, outlet: Outlet, to: Address, *, hears: bool, instead: StaffOutlet | None = None
    ) -> None:
        self._outlet, self._to, self._hears, self._instead = outlet, to, hears, instead
        self._trouble: str | None = None
        pace = outlet.pace
        group = pace.group_per_minute / 60 if pace.is_group(to.user) else 0
        # All lanes lead into one chat, so what that chat bears is the limit of the outlet.
        limits = [limit for limit in (pace.per_second, pace.chat_per_second, group) if limit]
        self.pace = replace(pace, per_second=min(limits, default=0))

    def health(self) -> str | None:
        """None when all is well, else one line: what is wrong and what to do."""
        return self._trouble

    async def send(self, to: Address, reply: Reply) -> str | None:
        """Deliver one notice; ``to`` says nothing. Raises what the outlet raises, or the one instead."""
        try:
            sent = await self._outlet.send(self._to, reply if self._hears else replace(reply, buttons=()))
        except (Blocked, Refused, Moved, Later) as error:
            if isinstance(error, Later) and error.after:
                raise  # it asks us to slow down, no more
            self._fails(error)
            if self._instead:
                return await self._instead.send(to, reply)
            if isinstance(error, Moved):
                raise Later("the staff's group has moved: correct its id in the settings") from None
            raise
        if self._trouble:
            log.info("staff_reached_again")
        self._trouble = None
        return sent

    def _fails(self, error: DeliveryError) -> None:
        if self._trouble is None:
            log.error("staff_not_reached", by_mail=self._instead is not None, error=type(error).__name__)
        meanwhile = "their notices go to STAFF_EMAIL" if self._instead else "nobody hears of deadlines"
        to_do = (
            "check TELEGRAM_STAFF_CHAT, and that the bot is in the group"
            if self._hears
            else "check STAFF_EMAIL"
        )
        self._trouble = f"staff are not reached ({type(error).__name__}), {meanwhile}: {to_do}"
