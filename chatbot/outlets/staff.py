"""Notices to staff, through whatever outlet the shop has for them: a group, or a mailbox."""

from __future__ import annotations

from dataclasses import replace

from chatbot.channels import Later, Moved, Outlet
from chatbot.messages import Address, Reply


class StaffOutlet:
    """The outlet "staff": every message goes to one address of another outlet. ``hears`` says that what
    staff press there comes back to us; where it does not, there are no buttons."""

    name = "staff"

    def __init__(self, outlet: Outlet, to: Address, *, hears: bool) -> None:
        self._outlet, self._to, self._hears = outlet, to, hears
        pace = outlet.pace
        group = pace.group_per_minute / 60 if pace.is_group(to.user) else 0
        # All lanes lead into one chat, so what that chat bears is the limit of the outlet.
        limits = [limit for limit in (pace.per_second, pace.chat_per_second, group) if limit]
        self.pace = replace(pace, per_second=min(limits, default=0))

    async def send(self, to: Address, reply: Reply) -> str | None:
        """Deliver one notice; ``to`` says nothing. Raises what the outlet raises."""
        try:
            return await self._outlet.send(self._to, reply if self._hears else replace(reply, buttons=()))
        except Moved:
            raise Later("the staff's group has moved: correct its id in the settings") from None
