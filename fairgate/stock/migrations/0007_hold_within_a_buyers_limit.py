"""The functions anew: no hold has more than one buyer may order."""

from __future__ import annotations

from importlib.resources import files

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("stock", "0006_minutecount"), ("events", "0002_limits")]

    operations = [migrations.RunSQL((files("fairgate.stock") / "sql" / "functions.sql").read_text())]
