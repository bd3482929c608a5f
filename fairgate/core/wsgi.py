"""The web process. It also answers the hold addresses, which the door sends here while no stock process is up."""

from __future__ import annotations

import os

from fairgate.lib import env, logs, metrics, traces
from fairgate.lib.health import WithHealth
from fairgate.lib.logs import RequestLog
from fairgate.lib.metrics import WithRequests
from fairgate.lib.overload import WithTurns
from fairgate.lib.process import die_with_parent

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fairgate.core.settings")
die_with_parent()
logs.configure("web", env.settings().log_level, env.settings().slow_ms)
traces.configure("web", env.settings().traced_share)

# Django must know its settings and its logs before it is set up.
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.urls import get_resolver  # noqa: E402

from fairgate.core.figures import of_web  # noqa: E402
from fairgate.services import busy  # noqa: E402
from fairgate.services.stock import create_app  # noqa: E402
from fairgate.services.stock.fallback import WithFallback  # noqa: E402
from fairgate.stock import counting  # noqa: E402

_django = get_wsgi_application()
# Else the first visitors wait until every view is imported.
get_resolver().url_patterns  # noqa: B018
counting.start()

_turns = WithTurns(WithFallback(_django, create_app), env.settings().web_threads, busy.answer)
metrics.expose(*of_web(_turns.turns))

application = WithHealth(RequestLog(WithRequests(_turns), "web"))
