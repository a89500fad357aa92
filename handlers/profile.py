"""Xem dữ liệu: all that the shop holds on the customer, in plain words.

What, from where, why, and until when. In full on our own server; masked everywhere else, with a one-time
link to the full page.
"""

from __future__ import annotations

from chatbot.clock import local_date
from chatbot.conversation import Conversation, Done, Go, LinkTo, Needs, Paragraph, Say, Turn
from chatbot.messages import Ability
from handlers.menu import Nothing
from handlers.requests import entered
from models.customer import Customer
from models.data_request import RequestKind, RequestState
from models.event import Event, Tag
from models.holding import about, held
from models.legal_hold import LegalHold
from models.link import PageLink

profile = Conversation(
    "profile",
    Nothing,
    needs=Needs.CUSTOMER,
    commands=("xemdulieu", "dulieu", "mydata"),
    intents=("view_data",),
)


@profile.opening
async def show(turn: Turn[Nothing]) -> Go[Nothing] | Done:
    record = turn.person.record
    customer = await Customer.load(record) if record else None
    if customer is None:
        return Done("gone", shop=turn.shop.name)
    if customer.opened().is_child(local_date(turn.now)):
        # Its legal representative exercises a child's rights (Law 91/2025 Art. 24(2)), and who holds the
        # telephone cannot be told from here: a person decides.
        return Done("minor", offer=("representative", "human", "menu"))
    request = await entered(turn, RequestKind.SEE)
    await request.close(RequestState.DONE, turn.now)
    await Event.record(Tag.RECORD_SHOWN, turn.now, chat=turn.chat, customer=customer.id)
    lines = [Say(line.key, **line.shown(turn.personal)) for line in held(customer)]
    first, *rest = about(customer, await LegalHold.of(customer), years=turn.shop.retention_years)
    why = [Paragraph(first[0], **first[1]), *(Say(key, **params) for key, params in rest)]
    turn.keep_private()
    if Ability.OWN_SERVER in turn.abilities:
        return Done(
            "held", *lines, *why, shop=turn.shop.name, offer=("edit", "export", "lookups", "leave", "menu")
        )
    if turn.page is None:
        no_page = Paragraph("no_page", email=turn.shop.email)
        return Done("held", *lines, *why, no_page, shop=turn.shop.name, offer=("lookups", "menu"))
    proven = next((one.kind, one.value) for one in turn.person.contacts if one.opened == customer.id)
    token = await PageLink.make(turn.chat, customer.id, proven, turn.now)
    await Event.record(Tag.LINK_MADE, turn.now, chat=turn.chat, customer=customer.id)
    # Behind the #, so that the token is in no log of a server and no robot's preview spends it.
    link = LinkTo("profile.link", f"{turn.page}/my?lang={turn.language}#{token}")
    last, offer = Paragraph("full"), ("lookups", "menu")
    return Done("held", *lines, *why, last, shop=turn.shop.name, link=link, offer=offer)
