"""The function anew, with limits for one buyer and seats. It has one argument more, so the old one is dropped."""

from __future__ import annotations

from importlib.resources import files

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("orders", "0003_buyers_and_seats")]

    operations = [
        migrations.RunSQL(
            """
            DROP FUNCTION IF EXISTS
                orders_place(uuid, uuid, uuid, text, text, text, text, uuid[], text[], text[], text);
            """
        ),
        migrations.RunSQL((files("fairgate.orders") / "sql" / "place.sql").read_text()),
    ]
