"""What is true: the tables, and the few verbs that keep them true."""

from models.chat import Chat
from models.code import Code
from models.customer import ContactPoint, Customer
from models.delivery import Delivery
from models.desk import Desk
from models.event import Event
from models.keys import SubjectKey
from models.link import PageLink
from models.outgoing import Outgoing
from models.proof import Proof
from models.tally import Tally
from models.upload import Upload
from models.wish import Wish

__all__ = [
    "Chat",
    "Code",
    "ContactPoint",
    "Customer",
    "Delivery",
    "Desk",
    "Event",
    "Outgoing",
    "PageLink",
    "Proof",
    "SubjectKey",
    "Tally",
    "Upload",
    "Wish",
]
