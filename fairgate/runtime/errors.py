"""Why an installation cannot start, or cannot be spoken to."""

from __future__ import annotations


class CannotStart(Exception):
    """Carries one sentence for the operator: what is wrong and what to do."""


class NotRunning(CannotStart):
    """The command needs a running installation and there is none in this folder."""
