from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from django.db import connection
from flask import Flask
from werkzeug.test import Client

from fairgate.lib import env
from fairgate.services.stock import create_app
from fairgate.services.stock.lane import Lanes
from fairgate.services.stock.loop import WithLoop
from fairgate.testing.cast import Concert, make_concert, make_organizer
from fairgate.testing.loops import OnLoop


@pytest.fixture
def concert(transactional_db: None) -> Concert:
    """Committed, since the service reads it over connections of its own."""
    return make_concert(make_organizer("riverside"))


@pytest.fixture
def settings_here(transactional_db: None) -> env.Settings:
    its = connection.settings_dict
    url = f"postgresql://{its['USER']}:{its['PASSWORD']}@{its['HOST']}:{its['PORT']}/{its['NAME']}"
    return replace(env.settings(), database_url=url)


@pytest.fixture(params=["lanes", "single"])
def app(request: pytest.FixtureRequest, settings_here: env.Settings) -> Iterator[Flask]:
    """The stock service, and the same app as web runs it when there is none: whoever buys sees no difference."""
    app = create_app(settings_here, with_lanes=request.param == "lanes")
    yield app
    app.config["PULSE"].stop()
    app.config["STORE"].close()


@pytest.fixture
def ben(app: Flask) -> Iterator[Client]:
    """As a process has it: what has lanes answers from an event loop."""
    if not isinstance(app.config["SELLER"].seller, Lanes):
        yield app.test_client()
        return
    on_loop = OnLoop(WithLoop(app))
    yield Client(on_loop)
    on_loop.close()
