from __future__ import annotations

from importlib.resources import files

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("checkin", "0001_initial")]

    operations = [
        migrations.RunSQL(
            (files("fairgate.checkin") / "sql" / "scan.sql").read_text(),
            "DROP FUNCTION checkin_scan, checkin_is_on_list, checkin_live_grant;",
        ),
    ]
