"""A ``Reply`` -> messages of the OA API, and its errors -> what the sender knows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from unicodedata import normalize

import structlog

from chatbot.channels import WINDOW_SHUT, Blocked, Later, Refused, Unsure
from chatbot.channels.layout import numbered, parts, split
from chatbot.channels.zalo.client import Json, ZaloClient, ZaloError
from chatbot.channels.zalo.errors import Do
from chatbot.channels.zalo.health import Health
from chatbot.channels.zalo.inbound import TAP
from chatbot.channels.zalo.wire import Ambiguous, NotCarriedOut
from chatbot.messages import Address, Button, Reply

log = structlog.get_logger(__name__)

LONGEST_TEXT = 2000
MOST_BUTTONS = 5
LONGEST_TITLE = 100
NUMBERED_FROM = 4
"""From so many choices on they are numbered in the text as well: phones cut the titles of buttons short."""


def composed(text: str) -> int:
    """The length of a text as Zalo counts it: in characters, composed (NFC)."""
    return len(normalize("NFC", text))


class Outbound:
    """Sends replies. ``buttons`` is whether buttons are tried; where Zalo refuses them and takes the same
    message without, they are not tried again: no page of Zalo's documentation promises them. ``form`` is the
    address of the picture on Zalo's form for contact data, None where it is not shown."""

    def __init__(self, client: ZaloClient, health: Health, *, buttons: bool, form: str | None) -> None:
        self._client, self._health = client, health
        self._buttons, self._form = buttons, form

    async def deliver(self, to: Address, reply: Reply) -> str:
        """Send a reply as one or more messages and return Zalo's id of the last.

        Once one part is out, a failure that would be Later is Unsure: sending all again would repeat it.
        Raises Later, Blocked, Refused or Unsure.
        """
        below = keyboard(reply) if self._buttons else []
        in_text = not below or len(reply.buttons) - reply.first >= NUMBERED_FROM
        texts = parts(reply, LONGEST_TEXT, buttons=not in_text, link=False, size=composed)
        sent = ""
        for number, text in enumerate(texts, 1):
            try:
                with delivery_errors(self._health):
                    if number < len(texts) or not below:
                        sent = await self._client.send_text(to.user, text)
                    else:
                        sent = await self._send_last(to.user, text, below, "" if in_text else numbered(reply))
            except Later as error:
                if sent:
                    raise Unsure(f"only a first part was sent: {error}") from None
                raise
        if reply.share and self._form:
            await self._show_form(to.user, reply.share, split(reply.text, LONGEST_TITLE)[0], self._form)
        self._health.good("sending")
        return sent

    async def _show_form(self, user: str, title: str, subtitle: str, picture: str) -> None:
        """The form stands below a question that is answered by typing as well, so nothing is lost where it
        cannot be shown; where Zalo refuses it, it is not tried again."""
        try:
            await self._client.request_user_info(user, title, subtitle, picture)
        except ZaloError as error:
            if error.do in (Do.PLAINER, Do.REFUSE):
                self._form = None
            log.warning("zalo_form_refused", code=error.code, instead="typed numbers")
        except (NotCarriedOut, Ambiguous, Later) as error:
            log.warning("zalo_form_not_shown", reason=str(error))

    async def _send_last(self, user: str, text: str, below: list[Json], choices: str) -> str:
        """The part that bears the buttons; where they are refused, the same with ``choices`` in words."""
        try:
            return await self._client.send_text(user, text, below)
        except ZaloError as error:
            if error.do is not Do.PLAINER:
                raise
            code = error.code
        sent = ""
        for part in split(f"{text}\n\n{choices}".rstrip(), LONGEST_TEXT, composed):
            sent = await self._client.send_text(user, part)
        self._buttons = False
        log.warning("zalo_buttons_refused", code=code, instead="numbered choices")
        return sent


def keyboard(reply: Reply) -> list[Json]:
    """The buttons below a message: at most five, of which the last leads on where there are more. What is
    tapped comes back as a hidden message (``oa.query.hide``)."""
    left = reply.buttons[reply.first :]
    if len(left) <= MOST_BUTTONS or reply.more is None:
        return [_button(one) for one in left[:MOST_BUTTONS]]
    shown = MOST_BUTTONS - 1
    more = Button(f"{reply.more.token}{reply.first + shown}", reply.more.label)
    return [_button(one) for one in (*left[:shown], more)]


def _button(button: Button) -> Json:
    title = normalize("NFC", button.label)[:LONGEST_TITLE]
    return {"title": title, "type": "oa.query.hide", "payload": TAP + button.token}


@contextmanager
def delivery_errors(health: Health) -> Iterator[None]:
    """Turn whatever a call raises into one of the errors of a channel, without its address or words."""
    try:
        yield
    except NotCarriedOut as error:
        raise Later(str(error), error.after) from None
    except Ambiguous as error:
        raise Unsure(str(error)) from None
    except Later as error:  # there is no token to call with
        health.bad("token", f"{error}; see 'chatbot zalo token'")
        raise
    except ZaloError as error:
        match error.do:
            case Do.SHUT:
                raise Refused(WINDOW_SHUT) from None
            case Do.AWAY:
                raise Blocked(str(error)) from None
            case Do.OPERATOR:
                health.bad("sending", f"Zalo refuses all messages ({error}): see docs/zalo.md, Error codes")
                raise Later(str(error)) from None
            case Do.RETRY:
                raise Later(str(error)) from None
        raise Refused(str(error)) from None
    health.good("token")
