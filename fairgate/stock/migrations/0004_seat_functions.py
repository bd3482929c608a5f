"""The functions anew: with seats, extension and swap. What changed its arguments is dropped first."""

from __future__ import annotations

from importlib.resources import files

from django.db import migrations

SQL = files("fairgate.stock") / "sql"


class Migration(migrations.Migration):
    dependencies = [("stock", "0003_seats"), ("events", "0002_limits")]

    operations = [
        migrations.RunSQL(
            """
            DROP FUNCTION IF EXISTS
                stock_hold_places(bigint, interval, uuid[], uuid[], uuid[], int[], bigint[], int[]),
                stock_return_places(uuid, uuid[], bigint[]);
            """
        ),
        migrations.RunSQL((SQL / "functions.sql").read_text()),
        migrations.RunSQL((SQL / "seats.sql").read_text()),
    ]
