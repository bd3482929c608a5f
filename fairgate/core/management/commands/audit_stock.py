"""`fairgate audit`: recompute every invariant from the rows; exit 1 on any difference."""

from __future__ import annotations

import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from fairgate.core.audit import find_differences


class Command(BaseCommand):
    help = "Recompute places, orders, tickets and payments from their rows, and say what differs."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        differences = find_differences()
        if options["json"]:
            self.stdout.write(
                json.dumps({"differences": len(differences), "found": [d.as_dict() for d in differences]})
            )
        else:
            for difference in differences:
                self.stdout.write(str(difference))
            self.stdout.write(f"differences: {len(differences)}")
        if differences:
            sys.exit(1)
