"""What the layers of a WSGI app share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator


class Ending:
    """An answer's body, with something to be done when the server closes it, as PEP 3333 asks of a server."""

    def __init__(self, body: Iterable[bytes], end: Callable[[], None]) -> None:
        self._body = body
        self._end = end

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._body)

    def close(self) -> None:
        try:
            if close := getattr(self._body, "close", None):
                close()
        finally:
            self._end()
