"""Whose request is this: which chat, from which network address, from our own page or not."""

from __future__ import annotations

import hashlib
import re
import secrets
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

from aiohttp import web

from chatbot.messages import Address

COOKIE = "desk"
COOKIE_DAYS = 90
"""Renewed at each visit: longer than a complaint takes, not for ever."""

Network = IPv4Network | IPv6Network

_SECRET = re.compile(r"[A-Za-z0-9_-]{43}")


def chat_of(request: web.Request) -> Address | None:
    """The chat of this browser, or None where it has no cookie of ours.

    The address holds a hash: who reads the database cannot take a chat over.
    """
    secret = request.cookies.get(COOKIE, "")
    if not _SECRET.fullmatch(secret):
        return None
    return Address("web", hashlib.sha256(secret.encode()).hexdigest())


def give_cookie(request: web.Request, response: web.StreamResponse, secure: bool) -> None:
    """Let this browser keep its chat, or give it a new one. Stores nothing on our side."""
    secret = request.cookies.get(COOKIE, "")
    if not _SECRET.fullmatch(secret):
        secret = secrets.token_urlsafe(32)
    response.set_cookie(
        COOKIE, secret, max_age=COOKIE_DAYS * 86_400, path="/", httponly=True, samesite="Lax", secure=secure
    )


def is_from_our_page(request: web.Request, public_url: str | None) -> bool:
    """Whether the Origin header names our own page. Browsers set it; a foreign page cannot."""
    origin = request.headers.get("Origin", "").lower()
    ours = {f"{request.scheme}://{request.host}".lower()}
    if public_url:
        parts = urlsplit(public_url)
        ours.add(f"{parts.scheme}://{parts.netloc}".lower())
    return origin in ours


def network_of(request: web.Request, trusted: Network | None) -> str:
    """The network address of the sender; X-Forwarded-For counts only as far as the trusted proxy wrote it."""
    address = _parse(request.remote or "")
    hops = [hop for line in request.headers.getall("X-Forwarded-For", []) for hop in line.split(",")]
    while trusted and hops and address and address in trusted:
        before = _parse(hops.pop())
        if before is None:
            break
        address = before
    return str(address) if address else "unknown"


def limit_key(network: str) -> str:
    """The key that limits count by: an IPv4 address, or the /64 that one IPv6 customer has to themselves."""
    address = _parse(network)
    if isinstance(address, IPv6Address):
        return str(ip_network((address, 64), strict=False))
    return network


def _parse(text: str) -> IPv4Address | IPv6Address | None:
    text = text.strip()
    if bracketed := re.fullmatch(r"\[([^\]]*)\](?::\d+)?|([\d.]+):\d+", text):
        text = bracketed[1] or bracketed[2] or ""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
