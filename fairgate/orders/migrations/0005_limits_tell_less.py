"""The functions anew: a limit no longer says what a buyer has, and one moment decides which confirmations count."""

from __future__ import annotations

from importlib.resources import files

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("orders", "0004_place_with_limits")]

    operations = [
        migrations.RunSQL(
            """
            DROP FUNCTION IF EXISTS
                orders_place(uuid, uuid, uuid, text, text, uuid, text, text, uuid[], text[], text[], text),
                orders_check_limits(bigint, uuid, bigint[], int[]);
            """
        ),
        migrations.RunSQL((files("fairgate.orders") / "sql" / "place.sql").read_text()),
    ]
