"""Olga at her console, as a process of its own: does what its lines say, answers with a line each.

python -m fairgate.replicas.tests.olga
"""

from __future__ import annotations

import json
import sys

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import setup_test_environment  # noqa: E402

from fairgate.lib import logs  # noqa: E402
from fairgate.organizers.models import Membership  # noqa: E402
from fairgate.organizers.permissions import Role  # noqa: E402
from fairgate.replicas.middleware import COOKIE  # noqa: E402
from fairgate.testing.cast import make_concert, make_member, make_organizer  # noqa: E402

EVENT = "/console/riverside/events/concert/"


class Olga:
    def __init__(self) -> None:
        setup_test_environment()
        riverside = make_organizer("riverside")
        make_concert(riverside)
        self._user = make_member(riverside, "olga@example.org", Role.OWNER)
        self._browser = Client()
        self._browser.force_login(self._user)

    def close(self) -> int:
        return self._browser.post(EVENT + "closure/").status_code

    def reopen(self) -> int:
        return self._browser.post(EVENT + "reopening/").status_code

    def look(self) -> dict[str, object]:
        line: dict[str, object] = {}
        logs.facts.set(line)
        page = self._browser.get(EVENT)
        state = "closed" if "reopening/" in page.text else "open"
        return {"status": page.status_code, "state": state, "from": line.get("read_from")}

    def forget(self) -> None:
        """As a browser does in time."""
        self._browser.cookies.pop(COOKIE, None)

    def is_thrown_out(self) -> None:
        Membership.objects.filter(user=self._user).delete()

    def replicas(self) -> int:
        return len(settings.REPLICA_URLS)


if __name__ == "__main__":
    answers, sys.stdout = sys.stdout, sys.stderr  # The log is not what was asked for.
    logs.configure("olga")
    olga = Olga()
    for line in sys.stdin:
        print(json.dumps(getattr(olga, line.strip())()), file=answers, flush=True)
