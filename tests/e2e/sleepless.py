"""The program, but that it writes to customers at any hour: ``python -m tests.e2e.sleepless serve``.

What waits for the morning is then done at once, whatever the hour at which the tests run.
"""

from __future__ import annotations

from unittest.mock import patch

from chatbot.__main__ import main

if __name__ == "__main__":
    with patch("handlers.retention.within", lambda hours, now: True):
        main()
