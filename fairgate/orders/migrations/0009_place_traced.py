"""The function anew, with the span that places the order. Its last argument has a default, so that a web process from
before goes on placing orders by it: the same call finds the new one, in the same transaction."""

from __future__ import annotations

from importlib.resources import files

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("orders", "0008_cover_sales_at_a_glance"), ("outbox", "0002_traceparent")]

    operations = [
        migrations.RunSQL(
            """
            -- squawk-ignore ban-drop-function
            DROP FUNCTION IF EXISTS
                orders_place(uuid, uuid, uuid, text, text, uuid, text, text, uuid[], text[], text[], text);
            """
        ),
        migrations.RunSQL((files("fairgate.orders") / "sql" / "place.sql").read_text()),
    ]
