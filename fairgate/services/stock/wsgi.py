"""The stock process."""

from __future__ import annotations

from fairgate.lib import env, logs
from fairgate.lib.health import WithHealth
from fairgate.lib.logs import RequestLog
from fairgate.lib.process import die_with_parent
from fairgate.services.stock import create_app

die_with_parent()
logs.configure("stock", env.settings().log_level)

application = WithHealth(RequestLog(create_app()))
