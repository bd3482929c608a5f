from __future__ import annotations

from importlib.resources import files

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0001_initial"),
        ("stock", "0002_functions"),
        ("payments", "0001_initial"),
        ("organizers", "0001_initial"),
        ("outbox", "0001_initial"),
    ]

    operations = [
        migrations.RunSQL(
            (files("fairgate.orders") / "sql" / "place.sql").read_text(),
            "DROP FUNCTION orders_place, orders_net, orders_pay_by;",
        ),
    ]
