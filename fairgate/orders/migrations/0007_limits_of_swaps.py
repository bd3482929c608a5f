"""The limit anew: a swap is none for the event as a whole."""

from __future__ import annotations

from importlib.resources import files

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("orders", "0006_mail_asked")]

    operations = [
        migrations.RunSQL("DROP FUNCTION IF EXISTS orders_check_limits(bigint, uuid, bigint[], int[], uuid);"),
        migrations.RunSQL((files("fairgate.orders") / "sql" / "place.sql").read_text()),
    ]
