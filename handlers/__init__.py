"""What the service does: one conversation per file. This table is what the engine is handed."""

from handlers.complaint import complaint
from handlers.contacts import contacts
from handlers.edit import edit
from handlers.erasure import erase
from handlers.export import export
from handlers.human import human
from handlers.identity import identity
from handlers.keep import keep
from handlers.language import language
from handlers.leave import leave
from handlers.linking import linking
from handlers.lookups import lookups
from handlers.lost_contact import lost_contact
from handlers.menu import help_, menu
from handlers.objection import objection
from handlers.own_requests import own_requests
from handlers.policy import policy
from handlers.preferences import preferences
from handlers.profile import profile
from handlers.representative import representative
from handlers.second_way import second_way
from handlers.status import status

CONVERSATIONS = (
    menu, help_, complaint, second_way, status, profile, lookups, own_requests, export, edit, contacts,
    preferences, erase, keep, identity, lost_contact, objection, representative, leave, policy, human,
    language, linking,
)  # fmt: skip
