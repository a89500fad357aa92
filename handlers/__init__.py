"""What the service does: one conversation per file. This table is what the engine is handed."""

from handlers.complaint import complaint
from handlers.human import human
from handlers.identity import identity
from handlers.language import language
from handlers.leave import leave
from handlers.menu import help_, menu
from handlers.policy import policy
from handlers.preferences import preferences
from handlers.profile import profile
from handlers.status import status

CONVERSATIONS = (
    menu, help_, complaint, status, profile, preferences, identity, leave, policy, human, language,
)  # fmt: skip
