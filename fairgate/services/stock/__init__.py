"""The stock service: holds, made and given back. Flask, no ORM; the rules are SQL functions owned by fairgate.stock.
Holds are made in front of Flask, in the event loop of the process (`loop.py`).

Without PostgreSQL it answers 503 `busy`, and the same key may ask again. It needs nothing else. Without this service
the door sends its addresses to web, which runs this same app with another seller (see `fallback`).
"""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask

from fairgate.lib.env import Settings
from fairgate.lib.env import settings as read_settings
from fairgate.services import answers
from fairgate.services.stock import api, pages
from fairgate.services.stock.counted import Counted
from fairgate.services.stock.front import WithFront
from fairgate.services.stock.lane import Lanes
from fairgate.services.stock.single import Single
from fairgate.services.stock.store import Store
from fairgate.services.stock.waiting import Busy
from fairgate.stock.pulse import Pulse
from fairgate.ui.jinja import create_environment, folders

LANE_CONNECTIONS = 8
SINGLE_CONNECTIONS = 4


def create_app(
    settings: Settings | None = None, *, with_lanes: bool = True, may_sell: Callable[[], bool] = lambda: True
) -> Flask:
    settings = settings or read_settings()
    store = Store(settings.database_url, LANE_CONNECTIONS if with_lanes else SINGLE_CONNECTIONS, may_sell)
    app = Flask(__name__, static_folder=None)
    app.config["SETTINGS"] = settings
    app.config["STORE"] = store
    seller = Lanes(store.connect, LANE_CONNECTIONS) if with_lanes else Single(store.connect)
    app.config["PULSE"] = Pulse(store.connect)
    app.config["SELLER"] = Counted(seller, app.config["PULSE"])
    app.config["TEMPLATES"] = create_environment(loader=folders("fairgate.shop"))
    app.config["MAX_CONTENT_LENGTH"] = 1024 * 1024
    app.register_blueprint(api.blueprint)
    app.register_blueprint(pages.blueprint)
    answers.register(app)
    app.register_error_handler(Busy, lambda _error: answers.refuse(answers.busy()))
    app.wsgi_app = WithFront(app.wsgi_app, app.config)  # type: ignore[method-assign]
    return app
