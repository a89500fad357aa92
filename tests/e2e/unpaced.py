"""The program, but that nothing limits how fast it may send: ``python -m tests.e2e.unpaced serve``.

What is under way when the process dies is then much more than Telegram would ever allow.
"""

from __future__ import annotations

from chatbot.__main__ import main
from chatbot.channels import Pace
from chatbot.channels.telegram import TelegramChannel

if __name__ == "__main__":
    TelegramChannel.pace = Pace()
    main()
