"""``chatbot verify``: whether a certificate or a receipt is genuine, by the key ring alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, NoReturn

import typer

from chatbot.certificate import Certificate, Certified, Elsewhere
from chatbot.crypto import KeyRing, KeyRingError
from chatbot.settings import Settings
from models.receipts import number_in

_SAYS = {
    Certified.ERASED: "the personal data of a customer was erased on {on}, as the customer had asked",
    Certified.EXPIRED: "the personal data of a customer was erased on {on}, as the time to keep it had ended",
    Certified.COMPLAINT: "a complaint was received on {on}",
    Certified.REQUEST: "a data subject request was received on {on}",
}
_ELSEWHERE = {
    Elsewhere.NOWHERE: "no other system had to be told",
    Elsewhere.OPEN: "the other systems had been told, and it was not done in all of them yet",
}


def command(settings: Callable[[], Settings]) -> Callable[..., None]:
    """The function that the command line registers as ``verify``."""

    def verify(
        code: Annotated[list[str], typer.Argument(help="As it was given; blanks and dashes do not matter.")],
    ) -> None:
        """Say what a certificate or a receipt certifies; exits with 1 where it is not genuine."""
        keyring = settings().keyring
        if keyring is None:
            _refuse("KEYRING is not set: set it to the key ring's file", code=2)
        try:
            found = Certificate.read(" ".join(code), KeyRing.load(keyring))
        except KeyRingError as error:
            _refuse(str(error), code=2)
        if found is None:
            _refuse("not genuine: it was mistyped, or not given under this key ring")
        typer.echo(f"genuine: {'; '.join(_told(found))}")

    return verify


def _told(certificate: Certificate) -> list[str]:
    told = [_SAYS[certificate.kind].format(on=certificate.on)]
    if number := number_in(certificate):
        told.append(f"number {number}")
    if certificate.kind in (Certified.ERASED, Certified.EXPIRED):
        told.append(_ELSEWHERE[certificate.elsewhere])
    if certificate.until:
        told.append(f"promised to be done by {certificate.until}")
    return told


def _refuse(why: str, code: int = 1) -> NoReturn:
    typer.echo(f"chatbot verify: {why}", err=True)
    raise typer.Exit(code)
