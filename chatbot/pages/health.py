"""For those who watch over the program: ``/healthz``, ``/readyz`` and ``/metrics``.

None of them shows personal data or a secret: a probe answers with a line of our own, metrics are counts.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Mapping
from ipaddress import IPv6Address, ip_address
from types import MappingProxyType

import structlog
from aiohttp import web
from prometheus_client import REGISTRY, CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from chatbot.logs import describe

Probe = Callable[[], str | Awaitable[str | None] | None]
"""None when a part of the program works, else one line of what is wrong and what to do. One that is not
async must not block: it tells what the part already knows of itself."""

PATIENCE = 2.0
"""Seconds that a probe may take: less than those who ask wait for an answer."""

_FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Real-IP", "Via")

log = structlog.get_logger()


def health_routes(
    probes: Mapping[str, Probe],
    *,
    others: Mapping[str, Probe] = MappingProxyType({}),
    patience: float = PATIENCE,
    registry: CollectorRegistry = REGISTRY,
) -> list[web.RouteDef]:
    """``GET /healthz``: the process answers. ``GET /readyz``: every part works, 200, or not, 503, with a line
    for each. ``GET /metrics``: Prometheus' text format, for neighbours alone.

    In trouble, one of ``others`` makes the desk degraded, not down: it has its line in ``/readyz``, and
    changes nothing of the status. Only neighbours are told: what the way to customers was last used for is
    not for strangers, who could find out whether a number is on file.
    """
    parts = {name: _Part(name, probe, patience) for name, probe in probes.items()}
    more = {name: _Part(name, probe, patience) for name, probe in others.items()}

    async def alive(_: web.Request) -> web.Response:
        return web.Response(text="ok")

    async def ready(request: web.Request) -> web.Response:
        shown = parts | more if _is_neighbour(request) else parts
        wrong = dict(zip(shown, await asyncio.gather(*(part.look() for part in shown.values())), strict=True))
        is_ready = not any(wrong[name] for name in parts)
        body = {"ready": is_ready, "parts": {name: line or "ok" for name, line in wrong.items()}}
        return web.json_response(body, status=200 if is_ready else 503)

    async def metrics(request: web.Request) -> web.Response:
        if not _is_neighbour(request):
            raise web.HTTPForbidden(text="metrics are for loopback and private networks, without a proxy\n")
        body = generate_latest(registry)
        return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})

    return [web.get("/healthz", alive), web.get("/readyz", ready), web.get("/metrics", metrics)]


class _Part:
    """One part. However many ask, it is probed once at a time.

    A probe that is late is not cancelled, as that could cost a database connection; those who ask next wait
    for the same one.
    """

    def __init__(self, name: str, probe: Probe, patience: float) -> None:
        self._name = name
        self._probe = probe
        self._patience = patience
        self._running: asyncio.Task[str | None] | None = None

    async def look(self) -> str | None:
        """What is wrong, or None."""
        if self._running is None or self._running.done():
            self._running = asyncio.create_task(self._ask())
        running = self._running
        done, _ = await asyncio.wait({running}, timeout=self._patience)
        return running.result() if done else f"no answer within {self._patience:g} s"

    async def _ask(self) -> str | None:
        try:
            answer = self._probe()
            return await answer if inspect.isawaitable(answer) else answer
        except Exception as fault:  # its words may hold an address with a password
            log.error("probe_failed", part=self._name, fault=describe(fault))
            return f"fails ({type(fault).__name__}); the log says where"


def _is_neighbour(request: web.Request) -> bool:
    """Whether the sender itself is on this machine or in a private network.

    Behind a proxy everyone looks like a neighbour, so what a proxy has passed on is refused, whoever sent
    it first; the proxy had better not pass ``/metrics`` on at all, for not every proxy says that it is one.
    """
    try:
        peer = ip_address(request.remote or "")
    except ValueError:
        return False
    if isinstance(peer, IPv6Address) and peer.ipv4_mapped:
        peer = peer.ipv4_mapped
    return peer.is_private and not any(name in request.headers for name in _FORWARDED)
