"""The stock process. It refuses to sell with functions other than those it was written for."""

from __future__ import annotations

import sys

from fairgate.lib import env, logs, metrics, traces
from fairgate.lib.metrics import names, pools
from fairgate.lib.process import die_with_parent, refuse_to_serve
from fairgate.services.stock import create_app, figures
from fairgate.services.stock.loop import WithLoop
from fairgate.services.stock.migrations import Migrations

die_with_parent()
logs.configure("stock", env.settings().log_level, env.settings().slow_ms)
traces.configure("stock", env.settings().traced_share)

migrations = Migrations(env.settings().database_url, refuse_to_serve)
migrations.look()
if migrations.are_wrong:
    sys.exit(2)  # At once: granian gives a worker that does not serve yet seconds to end.

metrics.expose(*names.HTTP, names.HOLD_REQUESTS, *figures.LANES, pools.figures())

application = WithLoop(create_app(may_sell=lambda: migrations.are_right), is_ready=lambda: not migrations.are_wrong)
