"""By which contacts the customer of a case can be reached beside the chat."""

from __future__ import annotations

from dataclasses import dataclass, field

from chatbot.contacts import kind_of
from chatbot.messages import Kind
from models.case import Case, CaseContact
from models.keys import ring
from models.proof import Proof


@dataclass(frozen=True, slots=True)
class OtherWay:
    """A contact. ``opens`` is whether who proves it sees the case: a second contact that was only typed
    opens nothing."""

    kind: Kind
    value: str = field(repr=False)
    opens: bool


async def other_ways(case: Case) -> list[OtherWay]:
    """The second contact that the customer named, then what they have proven, the latest first, as long as
    its proof is kept (it need not count any more: the contact is still theirs). Raises SealBroken."""
    contacts = await CaseContact.filter(case_id=case.id)
    opening = {contact.value_index for contact in contacts}
    found: dict[tuple[Kind, str], OtherWay] = {}
    if second := kind_of(case.opened().second_contact or ""):
        found[second] = OtherWay(*second, opens=ring().blind_index(*second) in opening)
    proofs = Proof.filter(value_index__in=list(opening)).order_by("-proven_at").select_related("chat__key")
    for proof in await proofs if opening else []:
        contact = (proof.kind, proof.opened_value(proof.chat.key))
        found.setdefault(contact, OtherWay(*contact, opens=True))
    return list(found.values())
