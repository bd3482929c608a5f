"""Lets the web process answer the hold addresses with the stock service's own app, sold one at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property
from typing import TYPE_CHECKING

from fairgate.services.stock import paths

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment
    from flask import Flask


class WithFallback:
    def __init__(self, app: WSGIApplication, create_stock: Callable[..., Flask]) -> None:
        self._app = app
        self._create_stock = create_stock

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        app = self._stock if paths.is_of_stock(environ["PATH_INFO"]) else self._app
        return app(environ, start_response)

    @cached_property
    def _stock(self) -> Flask:
        """Made at the first request that needs it: most web processes never do."""
        return self._create_stock(with_lanes=False)
