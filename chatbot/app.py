"""Puts the parts together; the only file that knows all of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from functools import partial

from aiohttp import web

from chatbot.channels import Channel, Outlet
from chatbot.channels.telegram import StaffGroup, TelegramChannel
from chatbot.channels.web import WebChannel
from chatbot.channels.zalo import ZaloChannel, door
from chatbot.channels.zalo.zns import ZaloCodes
from chatbot.clock import Clock, SystemClock
from chatbot.conversation import Notice
from chatbot.engine import Engine
from chatbot.eraser import Eraser
from chatbot.fetching import EvidenceFetcher
from chatbot.history import StoredHistory
from chatbot.intents import THRESHOLD, Intents
from chatbot.messages import Ability, Address, Inbound, Kind, StaffInbound
from chatbot.notices import Notices
from chatbot.opening import opened
from chatbot.outlets.mail import Mailer
from chatbot.outlets.sms import SmsGateway
from chatbot.outlets.staff import StaffOutlet
from chatbot.outlets.ways import Ways
from chatbot.packer import Packer
from chatbot.pages.health import Probe
from chatbot.probes import database, migrations
from chatbot.registry import Registry
from chatbot.request_shelf import RequestShelf
from chatbot.scheduler import Scheduler
from chatbot.sender import Sender
from chatbot.settings import Settings
from chatbot.shelf import EvidenceShelf
from chatbot.shop import Shop
from chatbot.site import Site
from chatbot.spool import SealedSpool
from chatbot.staff_engine import StaffEngine
from chatbot.texts import Texts
from chatbot.told import membership, stored
from chatbot.vault import Vault
from chatbot.webhook import ChangesHook
from chatbot.world import World
from chatbot.zalo import zalo_of
from handlers import CONVERSATIONS
from handlers.arrivals import Reach
from handlers.audit import audit_sweeps
from handlers.retention_sweeps import retention_sweeps
from handlers.staff import hear
from handlers.sweeps import BATCH, SWEEPS, Due, case_sweeps
from handlers.withdrawal import withdrawn
from models.database import run_tx
from models.keys import SYSTEM, SubjectKey
from models.outgoing import STAFF, Outgoing

ABANDONED_UPLOAD = timedelta(days=8)
"""A complaint that is being written waits for a week, and its files with it."""
WORDS_KEPT = timedelta(days=7)
"""How long the words of a sent message are kept where the customer's own app keeps them too."""

CODES = {Kind.PHONE: "sms", Kind.EMAIL: "email"}
"""The outlet by which each kind of contact is reached."""

_COMMANDS = (
    "menu", "xemdulieu", "taidulieu", "suadulieu", "tuychon", "xoadulieu", "aidaxem", "khieunai",
    "theodoi", "xacminh", "yeucau", "chinhsach", "nhanvien", "ngonngu",
    "trogiup", "thoat", "huy", "quaylai",
)  # fmt: skip
_STAFF_COMMANDS = ("viec", "ca", "baocao")


class App:
    """The desk, whole. ``outlets`` and ``routes`` are added to those that the settings ask for, and
    ``room_framed_by`` are the sources whose pages may show the staff room in a frame: the demo is made
    of them. ``clock`` drives deadlines, windows, codes and retention; idle times, rate limits
    and retries keep real time."""

    def __init__(
        self,
        settings: Settings,
        shop: Shop,
        texts: Texts,
        *,
        clock: Clock | None = None,
        outlets: Mapping[str, Outlet] | None = None,
        routes: Iterable[web.RouteDef] = (),
        room_framed_by: tuple[str, ...] = (),
    ) -> None:
        self.settings = settings
        self.shop = shop
        self.texts = texts
        self.wall = SystemClock().now
        self.now = (clock or SystemClock()).now
        self._stack = AsyncExitStack()
        self.telegram = self._telegram()
        self.sms = SmsGateway(settings.sms_url.get_secret_value()) if settings.sms_url else None
        self.zalo = zalo_of(settings, self._receive, self._tell, self.now, self.wall, self._on_withdrawal)
        self.changes = self._changes()
        self.spool = SealedSpool(settings.data_dir / "spool", self.now, texts.locales)
        self.web = WebChannel(
            self._receive,
            StoredHistory(texts),
            self.spool,
            self.now,
            public_url=settings.public_url,
            trusted_proxy=settings.trusted_proxy,
        )
        messengers = (self.telegram, self.zalo and self.zalo.channel)
        self.channels: list[Channel] = [self.web, *(one for one in messengers if one)]
        of_channels: dict[str, Outlet] = {one.name: one for one in self.channels}
        self._more = outlets or {}
        self.outlets = {**of_channels, **self._other_outlets(), **self._more}
        self.notices = Notices(texts, CODES, settings.public_url)
        self.engine = Engine(self._world(), self.notices, self.now, self.wall, self._committed)
        self.staff_engine = StaffEngine(hear, shop, texts, self.notices, self.now, self.wall, self._committed)
        self.sender = Sender(self.outlets, texts, self.wall, self.now)
        channels = {one.name: one for one in self.channels}
        self.shelf = EvidenceShelf(Vault(settings.data_dir / "evidence", "evidence"), shop.calendar)
        self.request_shelf = RequestShelf(Vault(settings.data_dir / "request_files", "request_file"))
        self.fetcher = EvidenceFetcher(channels, self.shelf, shop.calendar, self._tell)
        self.packer = Packer(
            Vault(settings.data_dir / "packages", "package"),
            self.shelf,
            self.spool,
            texts,
            shop,
            self._tell,
            settings.public_url,
        )
        self.eraser = Eraser(
            settings.data_dir,
            shop,
            self._tell,
            {kind: name for kind, name in CODES.items() if name in self.outlets},
            self._reach().unkept,
            settings.public_url,
        )
        self._site = Site(
            settings,
            shop,
            texts,
            self.now,
            self.wall,
            self._committed,
            self.channels,
            self.web,
            {kind: name for kind, name in CODES.items() if name in self.outlets},
            self.shelf,
            self.request_shelf,
            self.packer,
            room_framed_by,
            [*self._doors(), *routes],
        )
        reach = self._reach()
        sweeps = [
            *SWEEPS,
            *case_sweeps(shop, self._tell, reach),
            *retention_sweeps(shop, self._tell, reach),
            *audit_sweeps(self._tell),
        ]
        self.scheduler = Scheduler([*sweeps, *self._own_sweeps()], self.now, self.wall, self._committed)

    async def start(self) -> int:
        """Open the database, begin to send and to receive. Returns the port that is listened on.

        Raises CannotOpen, and OSError where the port cannot be had.
        """
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(opened(self.settings))
            # Ended in the reverse order: the doors first, what is under way is sent, the lines are cut.
            if self.sms:
                stack.push_async_callback(self.sms.close)
            if self.zalo:
                stack.push_async_callback(self.zalo.channel.close)
            if self.changes:
                stack.push_async_callback(self.changes.close)
            if self.telegram:
                stack.push_async_callback(self.telegram.stop)
            await self.sender.start()
            stack.push_async_callback(self.sender.stop)
            await self.scheduler.start()
            stack.push_async_callback(self.scheduler.stop)
            server = self._site.server(self.probes(), self.outlet_probes())
            runner = web.AppRunner(server, access_log=None, shutdown_timeout=5.0)
            await runner.setup()
            stack.push_async_callback(runner.cleanup)
            stack.push_async_callback(self.web.close)
            stack.push_async_callback(self._site.live.close)
            await web.TCPSite(runner, self.settings.host, self.settings.port).start()
            if self.telegram:
                await self.telegram.start()
            self._stack = stack.pop_all()
        port: int = runner.addresses[0][1]
        return port

    async def stop(self) -> None:
        """Take in nothing more, send what is under way, and close the database."""
        await self._stack.aclose()

    async def _receive(self, message: Inbound) -> None:
        await self.engine.receive(message)

    async def _receive_staff(self, said: StaffInbound) -> str | None:
        return await self.staff_engine.receive(said)

    def _committed(self) -> None:
        self.sender.wake()
        self.scheduler.wake()

    async def _tell(self, notice: Notice, now: datetime, wall: datetime) -> None:
        """What a sweep has somebody told, in its transaction."""
        key = await SubjectKey.of(SYSTEM)
        await self.notices.write(notice, key=key, language=self.texts.locales[0], now=now, wall=wall)

    def _reach(self) -> Reach:
        return Reach(
            kinds=self._letters(),
            unkept=frozenset(one.name for one in self.channels if Ability.KEEPS_HISTORY not in one.abilities),
            outlets=frozenset(self.outlets),
            page=self.settings.public_url,
            windows={one.name: one.pace.window for one in self.channels if one.pace.window},
        )

    def _letters(self) -> frozenset[Kind]:
        """The kinds of contact that take any words: by Zalo's templates alone nothing but codes goes out."""
        outlets = {kind: self.outlets.get(name) for kind, name in CODES.items()}
        return frozenset(
            kind for kind, one in outlets.items() if one and (one.words if isinstance(one, Ways) else True)
        )

    def _world(self) -> World:
        return World(
            registry=Registry(CONVERSATIONS, menu="menu", identity="identity", person="human", keep="keep"),
            texts=self.texts,
            shop=self.shop,
            understand=Intents.load().guess,
            sure=THRESHOLD,
            abilities={channel.name: channel.abilities for channel in self.channels},
            codes=frozenset(kind for kind, name in CODES.items() if name in self.outlets),
            letters=self._letters(),
            page=self.settings.public_url,
        )

    def _telegram(self) -> TelegramChannel | None:
        settings = self.settings
        if settings.telegram_bot_token is None:
            return None
        secret, group = settings.telegram_webhook_secret, settings.telegram_staff_chat
        return TelegramChannel(
            token=settings.telegram_bot_token.get_secret_value(),
            api_url=settings.telegram_api_url,
            receive=self._receive,
            now=self.now,
            mode=settings.telegram_mode,
            public_url=settings.public_url,
            webhook_secret=secret.get_secret_value() if secret else None,
            staff=StaffGroup(group, self._receive_staff, self._described(_STAFF_COMMANDS)) if group else None,
            commands=self._described(_COMMANDS),
            on_membership=membership,
        )

    def _changes(self) -> ChangesHook | None:
        url, secret = self.settings.changes_url, self.settings.changes_secret
        if url is None or secret is None:
            return None
        return ChangesHook(url.get_secret_value(), secret.get_secret_value(), self.wall)

    def _described(self, commands: Sequence[str]) -> dict[str, list[tuple[str, str]]]:
        """Commands with their descriptions in every language."""
        return {
            locale: [(name, self.texts.get(locale, f"command.{name}")) for name in commands]
            for locale in self.texts.locales
        }

    def _doors(self) -> list[web.RouteDef]:
        """Where messengers knock."""
        telegram = self.telegram.routes() if self.telegram else []
        return [*telegram, *(self.zalo.channel.routes() if self.zalo else door())]

    async def _on_withdrawal(self, address: Address, delivery: str) -> None:
        now, wall = self.now(), self.wall()
        work = partial(withdrawn, address, delivery, self.shop.calendar, self._tell, now=now, wall=wall)
        await stored(run_tx(work))
        self._committed()

    def _other_outlets(self) -> dict[str, Outlet]:
        """Where messages go that no channel carries: codes, and notices to staff."""
        settings = self.settings
        outlets: dict[str, Outlet] = {}
        # Codes go by Zalo first, where that is set up: it costs less, and says by itself where it cannot.
        by_phone = [one for one in (self.zalo and self.zalo.codes, self.sms) if one]
        if by_phone:
            outlets[CODES[Kind.PHONE]] = Ways(CODES[Kind.PHONE], by_phone, words=self.sms is not None)
        if settings.smtp_url and settings.mail_from:
            sender = settings.mail_from
            server = settings.smtp_url.get_secret_value()
            outlets["email"] = Mailer(server, sender.name, sender.email, self.wall)
        by_mail = None
        if settings.staff_email:
            mailbox = Address("email", settings.staff_email)
            by_mail = outlets[STAFF] = StaffOutlet(outlets["email"], mailbox, hears=False)
        if self.telegram and settings.telegram_staff_chat:
            group = Address(self.telegram.name, settings.telegram_staff_chat)
            outlets[STAFF] = StaffOutlet(self.telegram, group, hears=True, instead=by_mail)
        return outlets

    def _own_sweeps(self) -> list[Due]:
        """Sweeps over what only this file knows: files on disk, and which apps keep a history."""
        messengers = [one.name for one in self.channels if Ability.KEEPS_HISTORY in one.abilities]
        wordless = [*messengers, *CODES.values(), STAFF]

        async def uploads(now: datetime, wall: datetime) -> int:
            return await self.spool.sweep(now - ABANDONED_UPLOAD, BATCH)

        async def words(now: datetime, wall: datetime) -> int:
            return await Outgoing.wipe(wordless, wall - WORDS_KEPT, BATCH)

        every = timedelta(minutes=5)
        zalo = [Due("renew Zalo's token", every, self.zalo.renew, own_transactions=True)] if self.zalo else []
        fetch, sweep, packer, eraser = self.fetcher.run, self.shelf.sweep, self.packer, self.eraser
        lost = packer.remove_orphans
        hooks = [
            Due("offer changes", timedelta(seconds=5), hook.run, own_transactions=True, on_commit=True)
            for hook in [self.changes]
            if hook
        ]
        return [
            *hooks,
            Due("fetch evidence", timedelta(seconds=10), fetch, own_transactions=True, on_commit=True),
            Due("remove files of nobody", timedelta(hours=1), sweep, own_transactions=True),
            Due(
                "remove letters of nobody",
                timedelta(hours=1),
                self.request_shelf.sweep,
                own_transactions=True,
            ),
            Due("make packages", timedelta(seconds=5), packer.run, own_transactions=True, on_commit=True),
            Due("remove packages", timedelta(minutes=1), packer.remove),
            Due("remove packages of nobody", timedelta(hours=1), lost, own_transactions=True),
            Due("remove abandoned uploads", timedelta(hours=1), uploads),
            Due("wipe sent words", timedelta(hours=1), words),
            *(
                Due(name, every, run, own_transactions=True, on_commit=True, long=True)
                for name, every, run in (
                    ("begin erasures", timedelta(minutes=1), eraser.begin),
                    ("remove what is erased", timedelta(seconds=30), eraser.remove),
                    ("finish erasures", timedelta(seconds=30), eraser.finish),
                )
            ),
            *zalo,
        ]

    def probes(self) -> Mapping[str, Probe]:
        """What must hold for the desk to be ready, each None or one line of what is wrong."""
        return {
            "database": database,
            "migrations": migrations,
            "sender": self.sender.health,
            "scheduler": self.scheduler.health,
        }

    def outlet_probes(self) -> Mapping[str, Probe]:
        """The ways to customers, and to the shop's own receiver: one that is in trouble leaves the desk
        degraded, not down."""
        ways = [*self.outlets.values(), self.sms, self.zalo and self.zalo.codes, self.changes]
        return {
            one.name: one.health
            for one in ways
            if isinstance(
                one,
                TelegramChannel | ZaloChannel | SmsGateway | ZaloCodes | Mailer | StaffOutlet | ChangesHook,
            )
        }
