"""The gate process."""

from __future__ import annotations

from fairgate.lib import env, logs, metrics, traces
from fairgate.lib.health import WithHealth
from fairgate.lib.logs import RequestLog
from fairgate.lib.metrics import WithRequests, names, pools
from fairgate.lib.overload import WithTurns, figures
from fairgate.lib.process import die_with_parent
from fairgate.services import busy
from fairgate.services.gate import create_app

die_with_parent()
logs.configure("gate", env.settings().log_level, env.settings().slow_ms)
traces.configure("gate", env.settings().traced_share)

_turns = WithTurns(create_app(), env.settings().gate_threads, busy.answer)
metrics.expose(*names.HTTP, *figures.figures(_turns.turns), pools.figures(), names.SCANS)

application = WithHealth(RequestLog(WithRequests(_turns), "gate"))
