"""Who makes which topic happen. Each app that does so registers its functions in its own `handlers.py`."""

from __future__ import annotations

from collections.abc import Callable

from fairgate.outbox.models import OutboxMessage

Handler = Callable[[OutboxMessage], None]

_handlers: dict[str, Handler] = {}


class UnknownTopic(LookupError):
    """Nobody handles this topic: the row was written by a newer version, or by mistake."""


def handler(topic: str) -> Callable[[Handler], Handler]:
    """Register the function that makes a topic happen. It may run again after a crash, so it must bear that."""

    def register(function: Handler) -> Handler:
        _handlers[topic] = function
        return function

    return register


def handle(message: OutboxMessage) -> None:
    function = _handlers.get(message.topic)
    if function is None:
        raise UnknownTopic(message.topic)
    function(message)
