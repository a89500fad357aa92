"""One-time codes by template message (ZBS, formerly ZNS) to a phone number that has a Zalo account."""

from __future__ import annotations

from uuid import uuid4

from chatbot.channels import Later, Pace, Refused, Unsure
from chatbot.channels.zalo.client import ZaloClient, ZaloError
from chatbot.channels.zalo.errors import Do
from chatbot.channels.zalo.health import Health
from chatbot.channels.zalo.wire import Ambiguous, NotCarriedOut
from chatbot.messages import Address, Reply


class ZaloCodes:
    """An outlet for codes alone: what is sent is the template with the code in it, no other words.

    Zalo does not know a repetition by its ``tracking_id``, so what may have been sent is Unsure and is not
    sent again, here or elsewhere. Every error that Zalo answers means that nothing was sent: Refused.
    """

    name = "zns"
    pace = Pace()

    def __init__(self, client: ZaloClient, template: str) -> None:
        self._client, self._template = client, template
        self._health = Health()

    async def send(self, to: Address, reply: Reply) -> str | None:
        """Send the code of a reply. Raises Refused or Unsure."""
        if reply.code is None:
            raise Refused("not a code")
        tracking = (reply.ref or uuid4()).hex
        try:
            sent = await self._client.send_template(
                to.user.removeprefix("+"), self._template, {"otp": reply.code}, tracking
            )
        except Ambiguous as error:
            raise Unsure(str(error)) from None
        except (NotCarriedOut, Later) as error:
            self._health.bad("codes", f"no codes go out by Zalo: {error}")
            raise Refused(str(error)) from None
        except ZaloError as error:
            if error.do is not Do.ANOTHER_WAY:
                self._health.bad("codes", f"Zalo refuses codes ({error}): see docs/zalo.md, Error codes")
            raise Refused(str(error)) from None
        self._health.good("codes")
        return sent

    def health(self) -> str | None:
        """None while codes go out, else one line: what is wrong and what to do."""
        return self._health.line()
