"""Stored sessions of every step of every release, by release: ``<version>/<conversation>.<step>.json``.

The files of a release are never changed once it is out. For a new one: ``python -m tests.sessions``.
"""
