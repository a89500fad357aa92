"""Zalo: a shop's Official Account. Events come in by a signed webhook, replies go out through the OA API."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import structlog
from aiohttp import web

from chatbot.channels import Busy, Pace, Receive
from chatbot.channels.zalo.client import ZaloClient
from chatbot.channels.zalo.files import download
from chatbot.channels.zalo.health import Health
from chatbot.channels.zalo.inbound import NAME, Membership, NotAnEvent, Takeover, Withdrawal, read
from chatbot.channels.zalo.outbound import Outbound
from chatbot.channels.zalo.webhook import read_event
from chatbot.messages import Ability, Address, FileRef, Inbound, Reply

log = structlog.get_logger(__name__)

OnMembership = Callable[[Address, bool], Awaitable[None]]
"""Told when a person leaves (True) or follows again (False)."""
OnTakeover = Callable[[Address, datetime], Awaitable[None]]
"""Told when somebody of the shop wrote to a person by hand, and when."""
OnWithdrawal = Callable[[Address, str], Awaitable[None]]
"""Told when a person withdrew their consent; the delivery makes a repetition known."""

ZALO = "https://openapi.zalo.me"
WEBHOOK_PATH = "/zalo"
PICTURE_PATH = "/zalo/phone.png"
"""Where the picture lies that Zalo wants for its form for contact data."""
_PICTURE = Path(__file__).parents[2] / "static" / "phone.png"
RETRY_AFTER_SECONDS = 5
FREE, PAID = timedelta(hours=48), timedelta(days=7)
"""How long after a person's last message they may be written to: for nothing, and for a fee. Later than
that Zalo refuses."""
PER_SECOND = 60
"""Zalo allows an app 4,000 calls a minute."""


class ZaloChannel:
    """The channel of one Official Account.

    ``oa_secret`` is the OA's secret key, with which Zalo signs events (not the app's). ``pays`` is whether
    messages may be sent that Zalo charges for. ``buttons`` is whether choices are tried as buttons, ``form``
    the address of the picture on Zalo's form for contact data, None where that is not to be shown. ``now`` is
    the desk's clock. What is told to the three callbacks is stored when they return; each may raise Busy.
    """

    name = NAME
    abilities = frozenset({Ability.BUTTONS, Ability.KEEPS_HISTORY, Ability.FALLS_SILENT, Ability.PHONE_FORM})

    def __init__(
        self,
        client: ZaloClient,
        receive: Receive,
        now: Callable[[], datetime],
        *,
        app_id: str,
        oa_secret: str,
        api_url: str = ZALO,
        buttons: bool = True,
        form: str | None = None,
        pays: bool = False,
        on_membership: OnMembership,
        on_takeover: OnTakeover,
        on_withdrawal: OnWithdrawal,
    ) -> None:
        self.pace = Pace(per_second=PER_SECOND, window=PAID if pays else FREE)
        self._client = client
        self._receive, self._now = receive, now
        self._app_id, self._secret = app_id, oa_secret
        # Files of the stand-in lie at the stand-in; Zalo's own never lie at its API.
        self._files_at = "" if api_url == ZALO else urlsplit(api_url).netloc
        self._health = Health()
        self._out = Outbound(client, self._health, buttons=buttons, form=form)
        self._on_membership, self._on_takeover = on_membership, on_takeover
        self._on_withdrawal = on_withdrawal

    def health(self) -> str | None:
        """None when all is well, else one line: what is wrong and what to do."""
        return self._health.line()

    # -- in --------------------------------------------------------------------------------------

    def routes(self) -> list[web.RouteDef]:
        """The webhook: 200 once stored, 403, 413 or 400 for what is no event, 503 when busy; and the picture
        on Zalo's form."""
        return [
            web.post(WEBHOOK_PATH, self._webhook),
            web.get(WEBHOOK_PATH, _hello),
            web.get(PICTURE_PATH, _picture),
        ]

    async def _webhook(self, request: web.Request) -> web.Response:
        try:
            event = await read_event(request, self._app_id, self._secret)
            if event is not None:
                await self._take(event)
        except web.HTTPException as refusal:
            log.warning("zalo_request_refused", status=refusal.status)
            raise
        except NotAnEvent as error:
            log.warning("zalo_request_refused", status=400, reason=str(error))
            raise web.HTTPBadRequest from None
        except Exception as error:  # nothing was stored: Zalo must bring it again
            why = "the database is busy" if isinstance(error, Busy) else type(error).__name__
            self._health.bad("webhook", f"messages are not taken in ({why}); Zalo brings them again")
            raise web.HTTPServiceUnavailable(headers={"Retry-After": str(RETRY_AFTER_SECONDS)}) from None
        self._health.good("webhook")
        return web.Response()

    async def _take(self, event: dict[str, object]) -> None:
        """Returns when the event is stored, or means nothing. Raises NotAnEvent or Busy."""
        match read(event, self._now()):
            case Inbound() as inbound:
                await self._receive(inbound)
            case Membership(address, blocked):
                await self._on_membership(address, blocked)
            case Takeover(address, at):
                await self._on_takeover(address, at)
            case Withdrawal(address, delivery):
                await self._on_withdrawal(address, delivery)

    # -- out -------------------------------------------------------------------------------------

    async def send(self, to: Address, reply: Reply) -> str | None:
        """Deliver a reply and return Zalo's id of its last message. Raises Later, Blocked, Refused or
        Unsure."""
        return await self._out.deliver(to, reply)

    async def fetch(self, file: FileRef) -> AsyncIterator[bytes]:
        """The bytes of a file, in pieces. Raises Gone, TooBig or Later."""
        async for piece in download(file.handle, self._files_at):
            yield piece

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()


def door() -> list[web.RouteDef]:
    """The webhook of a desk where Zalo is not configured yet: it answers the probe at registration, which
    must succeed before Zalo shows the secret, and lets nothing else in."""

    async def knock(request: web.Request) -> web.Response:
        await read_event(request, "", None)
        return web.Response()

    return [web.post(WEBHOOK_PATH, knock), web.get(WEBHOOK_PATH, _hello)]


async def _hello(request: web.Request) -> web.Response:
    """Whoever only looks whether the address exists."""
    return web.Response()


async def _picture(request: web.Request) -> web.FileResponse:
    return web.FileResponse(_PICTURE, headers={"Cache-Control": "public, max-age=86400"})
