"""``chatbot import``: customers from a CSV or XLSX file, with a report of every row."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from dataclasses import asdict
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Annotated, NoReturn

import orjson
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

from chatbot.clock import Clock
from chatbot.crypto import SealBroken
from chatbot.importing import RowReport, Summary, import_file
from chatbot.tables import TableError
from models.database import is_outage
from models.intake import Overtaken


def command(
    open_desk: Callable[[], AbstractAsyncContextManager[object]], clock: Clock
) -> Callable[..., None]:
    """The function that the command line registers as ``import``.

    ``open_desk`` opens the database with its key ring for as long as the import takes. Exits with 1
    where the file or the database is at fault, with 2 where FILE or REPORT is none.
    """

    def import_(
        file: Annotated[Path, typer.Argument(help="A CSV (, ; or tab) or XLSX file.", show_default=False)],
        dry_run: Annotated[
            bool, typer.Option("--dry-run", help="Say what would happen; write nothing.")
        ] = False,
        returned: Annotated[
            bool,
            typer.Option(
                "--returned",
                help="Who was erased at their own wish and has been in contact since is a customer again:"
                " you have made sure of that for each row.",
            ),
        ] = False,
        report: Annotated[
            Path | None, typer.Option(help="Write what became of each row here, as JSON.")
        ] = None,
    ) -> None:
        """Take customers from FILE: new ones, and changes to those whose id is known."""
        if not file.is_file():
            _refuse(f"there is no file {file}", code=2)
        try:
            with _report(report) as on_row:
                summary = asyncio.run(_run(file, dry_run, returned, on_row))
        except TableError as error:
            _refuse(f"{file}: {error}")
        except SealBroken:
            _refuse("a stored record does not open: the key ring is not the one that sealed it")
        except Overtaken:
            _refuse("another import is changing the same records: wait for it, then start again")
        except Exception as error:
            if not is_outage(error):
                raise
            _refuse(
                f"the database or the disk is at fault ({type(error).__name__}); what was reported is stored"
            )
        for line in _told(summary, dry_run):
            typer.echo(line)

    async def _run(file: Path, dry_run: bool, returned: bool, on_row: Callable[[RowReport], None]) -> Summary:
        async with open_desk():
            with _progress() as on_progress:
                return await import_file(
                    file,
                    now=clock.now(),
                    dry_run=dry_run,
                    returned=returned,
                    on_row=on_row,
                    on_progress=on_progress,
                )

    return import_


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None]]:
    """A bar on standard error where that is a terminal; nothing elsewhere."""
    console = Console(stderr=True)
    columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("import", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


@contextmanager
def _report(path: Path | None) -> Iterator[Callable[[RowReport], None]]:
    """Takes the rows one by one into a file that only its owner may read, and that gets its name when
    the import has ended; where it ended early, ``complete`` is false."""
    if path is None:
        yield lambda row: None
        return
    try:
        # Made with mode 0600, beside its later place, so that it can be renamed.
        file = NamedTemporaryFile("wb", dir=path.parent, prefix=f".{path.name}.", delete=False)  # noqa: SIM115
    except OSError as error:
        _refuse(f"the report cannot be written to {path}: {error.strerror}", code=2)
    complete, separator = False, b""

    def on_row(row: RowReport) -> None:
        nonlocal separator
        file.write(separator + orjson.dumps(asdict(row)))
        separator = b",\n"

    try:
        file.write(b'{"rows":[\n')
        yield on_row
        complete = True
    finally:
        file.write(b'\n],\n"complete":' + (b"true" if complete else b"false") + b"}\n")
        file.close()
        os.replace(file.name, path)


def _told(summary: Summary, dry_run: bool) -> Iterator[str]:
    """What happened, in counts."""
    counts = ", ".join(
        f"{summary.results[name]} {name}" for name in ("taken", "updated", "unchanged", "refused")
    )
    yield f"{'dry run, nothing written: ' if dry_run else ''}{summary.rows} rows: {counts}"
    for reason, count in summary.reasons.most_common():
        yield f"  {count} {reason}"


def _refuse(why: str, code: int = 1) -> NoReturn:
    typer.echo(f"chatbot import: {why}", err=True)
    raise typer.Exit(code)
