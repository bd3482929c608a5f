"""The stock process. It refuses to sell with functions other than those it was written for."""

from __future__ import annotations

import sys

from fairgate.lib import env, logs
from fairgate.lib.health import WithHealth
from fairgate.lib.logs import RequestLog
from fairgate.lib.process import die_with_parent, refuse_to_serve
from fairgate.services.stock import Seller, create_app
from fairgate.services.stock.lane import Busy
from fairgate.services.stock.migrations import Migrations
from fairgate.stock.engine import Answer, HoldRequest

die_with_parent()
logs.configure("stock", env.settings().log_level)

app = create_app()
migrations = Migrations(env.settings().database_url, refuse_to_serve)
migrations.look()
if migrations.are_wrong:
    sys.exit(2)  # At once: granian gives a worker that does not serve yet seconds to end.


class SellOnlyWithKnownFunctions:
    def __init__(self, seller: Seller) -> None:
        self._seller = seller

    def hold(self, request: HoldRequest) -> Answer:
        if not migrations.are_right:
            raise Busy
        return self._seller.hold(request)


@app.before_request
def change_only_with_known_functions() -> None:
    if not migrations.are_right:
        raise Busy


app.config["SELLER"] = SellOnlyWithKnownFunctions(app.config["SELLER"])
application = WithHealth(RequestLog(app, "stock"), lambda: not migrations.are_wrong)
