"""The command line. Exit codes: 0 done, 1 failed, 2 wrong usage or settings; errors are one line each."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import sys
from collections.abc import Callable
from typing import Annotated, NoReturn, Protocol

import typer
from typer.exceptions import TyperException

from chatbot.clock import SystemClock
from chatbot.commands import (
    audit,
    backup,
    changes,
    checking,
    deadline,
    importing,
    intent,
    keys,
    staff,
    verify,
    zalo,
)
from chatbot.logs import describe, set_up_logs
from chatbot.opening import CannotOpen, opened, refuse_half_restored
from chatbot.settings import Settings, SettingsError, load_settings
from chatbot.shop import Shop, ShopError, load_shop
from chatbot.texts import Texts
from models.database import is_outage
from models.migrate import migrate as apply_migrations

cli = typer.Typer(
    help="The privacy desk in a chat.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _settings() -> Settings:
    """The settings, with logs set up as they ask. Ends the program with one line per problem."""
    try:
        settings = load_settings()
    except SettingsError as error:
        _refuse(*error.problems, code=2)
    set_up_logs(settings.log_format, settings.log_level)
    return settings


def _shop(settings: Settings) -> Shop:
    try:
        return load_shop(settings.shop_file)
    except ShopError as error:
        _refuse(*error.problems, code=2)


@cli.command()
def serve() -> None:
    """Run the desk: every channel that is configured, the sender, the scheduler, the web server."""
    from chatbot.app import App

    settings = _settings()
    shop = _shop(settings)
    try:
        app = App(settings, shop, Texts.load())
    except OSError as error:
        _refuse(f"DATA_DIR cannot be used: {error.strerror or type(error).__name__}")
    alone = app.telegram is None and app.zalo is None
    note = "  (on the web chat only: neither ZALO_APP_ID nor TELEGRAM_BOT_TOKEN is set)" if alone else ""
    _run(app, settings.host, "the desk is open at {url}" + note)


@cli.command()
def demo(
    zalo: Annotated[
        bool, typer.Option("--zalo", help="With a stand-in for Zalo; from a checkout of the source only.")
    ] = False,
) -> None:
    """Run the desk on a fresh database with sample customers, on a page that shows all sides."""
    from chatbot.demo import Demo

    settings = _settings()
    desk = Demo(settings.host, settings.port, _shop(settings), Texts.load(), zalo=zalo)
    _run(
        desk,
        settings.host,
        "the demo is open at {url}/demo  (Ctrl+C ends it; nothing is kept)",
        lambda: f"a customer's phone with Zalo is at {desk.zalo_url}" if zalo else None,
    )


@cli.command()
def migrate() -> None:
    """Bring the database up to date."""
    settings = _settings()
    refuse_half_restored(settings)
    try:
        asyncio.run(apply_migrations(settings.database_url.get_secret_value()))
    except Exception as error:
        if not is_outage(error):
            raise
        _refuse(f"the database cannot be opened ({type(error).__name__}): check DATABASE_URL")
    typer.echo("the database is up to date")


class _Desk(Protocol):
    async def start(self) -> int: ...
    async def stop(self) -> None: ...


def _run(desk: _Desk, host: str, ready: str, also: Callable[[], str | None] = lambda: None) -> None:
    """Run a desk until it is told to end (Ctrl+C or SIGTERM); it is closed in any case."""

    async def work() -> None:
        stop = asyncio.Event()
        for name in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(name, stop.set)
        try:
            port = await desk.start()
            # What is there by now stays: going through it again and again would hold up transactions.
            gc.freeze()
            shown = f"[{host}]" if ":" in host else host
            typer.echo(ready.format(url=f"http://{shown}:{port}"))
            if more := also():
                typer.echo(more)
            await stop.wait()
        finally:
            await desk.stop()

    try:
        asyncio.run(work())
    except OSError as error:
        _refuse(f"cannot listen on {host}: {error.strerror or type(error).__name__}; set HOST or PORT")


def _refuse(*lines: str, code: int = 1) -> NoReturn:
    for line in lines:
        typer.echo(f"chatbot: {line}", err=True)
    raise typer.Exit(code)


cli.command("import")(importing.command(lambda: opened(_settings()), SystemClock()))
cli.command("changes")(changes.command(lambda: opened(_settings())))
cli.command("deadline")(deadline.command(lambda: _shop(_settings()).calendar))
cli.command("intent")(intent.intent)
cli.command("verify")(verify.command(_settings))
cli.command("check")(checking.command(_settings, _shop))
cli.command("backup")(backup.backup_command(_settings, SystemClock()))
cli.command("restore")(backup.restore_command(_settings, SystemClock()))
cli.add_typer(keys.group(_settings, SystemClock()), name="keys")
cli.add_typer(audit.group(_settings), name="audit")
cli.add_typer(zalo.group(_settings, SystemClock()), name="zalo")
cli.add_typer(staff.group(_settings, SystemClock()), name="staff")


def main(arguments: list[str] | None = None) -> None:
    """Run a command. A usage error is one line; an exception is logged by type, never by its message,
    which may hold personal data."""
    os.umask(0o077)  # what is written here is for the desk alone
    try:
        code = cli(arguments, standalone_mode=False)
    except TyperException as error:
        if message := error.format_message():  # none where the help was shown in its place
            typer.echo(f"chatbot: {message}", err=True)
        code = error.exit_code
    except typer.Abort:
        code = 1
    except CannotOpen as error:
        typer.echo(f"chatbot: {error}", err=True)
        code = error.code
    except Exception as error:
        typer.echo(f"chatbot: an error in the program: {describe(error)[0]}", err=True)
        code = 1
    sys.exit(code if isinstance(code, int) else 0)


if __name__ == "__main__":
    main()
