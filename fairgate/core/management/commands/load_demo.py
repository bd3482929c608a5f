"""The demo data: two organizers, their events, and who signs in. Loading it again changes nothing."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from fairgate.core.demo import load


class Command(BaseCommand):
    help = "Load the demo data (again and again without harm)."

    def handle(self, *args: Any, **options: Any) -> None:
        load()
