"""What a process tells Prometheus of itself, at /metrics on its own port and never through the door.

Every figure has its name in `names`, once, with its labels and what it means; docs/metrics.md is the same list. What
happens is counted where it happens, by children of these that are kept, so that a request pays for two additions.
What is so at the moment (a line, a pool) is read when somebody asks and costs nothing before.

Each interpreter counts for itself, and whoever of a server's interpreters is asked asks the others (`workers`).
"""

from fairgate.lib.metrics.registry import CONTENT_TYPE, expose, renew, text
from fairgate.lib.metrics.requests import WithRequests

__all__ = ["CONTENT_TYPE", "WithRequests", "expose", "renew", "text"]
