"""The function anew: a scan and a change of its ticket wait for each other."""

from __future__ import annotations

from importlib.resources import files

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("checkin", "0002_scan")]

    operations = [migrations.RunSQL((files("fairgate.checkin") / "sql" / "scan.sql").read_text())]
