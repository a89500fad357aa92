"""Several ways to one phone number, each tried where the one before it certainly did not deliver."""

from __future__ import annotations

from collections.abc import Sequence

from chatbot.channels import DeliveryError, Later, Outlet, Pace, Refused
from chatbot.messages import Address, Reply


class Ways:
    """An outlet made of others, in the order in which they are tried. ``words`` is whether one of them takes
    any words, and not only codes.

    A way that is Unsure ends it: the next would perhaps deliver a second time. The customer is not told
    which way refused: that would tell whoever asks whether the number is on file.
    """

    pace = Pace()

    def __init__(self, name: str, ways: Sequence[Outlet], *, words: bool) -> None:
        self.name, self.words = name, words
        self._ways = ways

    async def send(self, to: Address, reply: Reply) -> str | None:
        """Deliver by the first way that takes it. Raises what the last one raises, and Unsure."""
        refusal: DeliveryError = Refused("no way")
        for way in self._ways:
            try:
                return await way.send(to, reply)
            except (Refused, Later) as error:
                refusal = error
        raise refusal
