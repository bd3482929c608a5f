"""The gate service: staff scan tickets at the doors. Flask, no ORM; the rule that admits once is a SQL function.

Without PostgreSQL it answers 503, and the same ticket is scanned again. It needs nothing else: signatures are checked
here, and Django is asked for nothing once it has issued the grant that a device carries.
"""

from __future__ import annotations

from flask import Flask, Response

from fairgate.lib.env import Settings
from fairgate.lib.env import settings as read_settings
from fairgate.lib.i18n import gettext as _
from fairgate.lib.problems import Problem
from fairgate.services import answers
from fairgate.services.gate import api, pages
from fairgate.services.gate.store import Store, Unavailable
from fairgate.ui.jinja import create_environment, folders

MAX_BODY = 1024 * 1024


def create_app(settings: Settings | None = None) -> Flask:
    settings = settings or read_settings()
    app = Flask(__name__, static_folder=None)
    app.config["SETTINGS"] = settings
    app.config["STORE"] = Store(settings.database_url)
    app.config["TEMPLATES"] = create_environment(loader=folders("fairgate.services.gate"))
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY
    app.register_blueprint(api.blueprint)
    app.register_blueprint(pages.blueprint)
    answers.register(app)
    app.register_error_handler(Unavailable, _unavailable)
    app.register_error_handler(pages.SignedOff, pages.signed_off)
    return app


def _unavailable(_error: Unavailable) -> Response:
    return answers.refuse(Problem("busy", _("This could not be checked just now. Please scan again.")))
