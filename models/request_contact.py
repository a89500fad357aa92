"""By which contact the customer of a data subject request is written to outside the chat."""

from __future__ import annotations

from chatbot.contacts import kind_of
from chatbot.messages import Kind
from models.customer import Customer
from models.data_request import DataRequest
from models.keys import ring
from models.proof import Proof


async def contact_of(request: DataRequest) -> tuple[Kind, str] | None:
    """The contact that staff entered with it, or else the one that was proven for it, where it still stands
    in the record or, once there is no record, as long as its proof is kept. Raises SealBroken."""
    if request.chat is None:
        return kind_of(await request.opened("contact") or "")
    record = await Customer.load(request.customer) if request.customer else None
    if record:
        on_file = record.opened().contacts
        return next((one for one in on_file if ring().blind_index(*one) == request.who_index), None)
    proofs = Proof.filter(chat_id=request.chat, value_index=request.who_index).order_by("-proven_at")
    proof = await proofs.select_related("chat__key").first()
    return (proof.kind, proof.opened_value(proof.chat.key)) if proof else None
