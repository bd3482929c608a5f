"""The gate process."""

from __future__ import annotations

from fairgate.lib import env, logs
from fairgate.lib.health import WithHealth
from fairgate.lib.logs import RequestLog
from fairgate.lib.process import die_with_parent
from fairgate.services.gate import create_app

die_with_parent()
logs.configure("gate", env.settings().log_level)

application = WithHealth(RequestLog(create_app(), "gate"))
