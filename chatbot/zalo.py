"""Zalo as this desk uses it: its client and token chain, the channel, and the way for codes."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from chatbot.channels import Later, Receive
from chatbot.channels.zalo import PICTURE_PATH, OnWithdrawal, ZaloChannel
from chatbot.channels.zalo.client import ZaloClient
from chatbot.channels.zalo.tokens import Tokens
from chatbot.channels.zalo.zns import ZaloCodes
from chatbot.conversation import Tell
from chatbot.settings import Settings
from chatbot.token_chain import StoredChain
from chatbot.told import membership, takeover


def tokens_of(settings: Settings, tell: Tell, wall: Callable[[], datetime]) -> Tokens | None:
    """The token chain, where Zalo is configured."""
    if settings.zalo_app_id is None or settings.zalo_app_secret is None:
        return None
    return Tokens(
        StoredChain(tell),
        oauth_url=settings.zalo_oauth_url,
        app_id=settings.zalo_app_id,
        app_secret=settings.zalo_app_secret.get_secret_value(),
        now=wall,
    )


@dataclass(frozen=True)
class Zalo:
    """The parts of Zalo that share a client: the channel, and ``codes`` where a template is set."""

    channel: ZaloChannel
    codes: ZaloCodes | None
    tokens: Tokens

    async def renew(self, now: datetime, wall: datetime) -> int:
        """The sweep that keeps the chain alive: renew a token that ends soon. Always one batch."""
        with suppress(Later):  # people were told where that is for good; else the next turn tries again
            await self.tokens.renew_early()
        return 0


def zalo_of(
    settings: Settings,
    receive: Receive,
    tell: Tell,
    now: Callable[[], datetime],
    wall: Callable[[], datetime],
    on_withdrawal: OnWithdrawal,
) -> Zalo | None:
    """Zalo, where it is configured."""
    tokens = tokens_of(settings, tell, wall)
    if tokens is None or settings.zalo_app_id is None or settings.zalo_oa_secret is None:
        return None
    public = settings.public_url or ""
    client = ZaloClient(tokens, api_url=settings.zalo_api_url, zns_url=settings.zalo_zns_url)
    channel = ZaloChannel(
        client,
        receive,
        now,
        app_id=settings.zalo_app_id,
        oa_secret=settings.zalo_oa_secret.get_secret_value(),
        api_url=settings.zalo_api_url,
        buttons=settings.zalo_buttons,
        form=public + PICTURE_PATH if settings.zalo_form and public.startswith("https://") else None,
        pays=settings.zalo_pays,
        on_membership=membership,
        on_takeover=takeover,
        on_withdrawal=on_withdrawal,
    )
    template = settings.zalo_otp_template
    return Zalo(channel, ZaloCodes(client, template) if template else None, tokens)
