from __future__ import annotations

import django.db.models.deletion
from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models.functions import Now

from fairgate.orders.contact import buyer

BATCH = 1000


def name_buyers(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """Whoever ordered before counts too, once there is a limit."""
    order = apps.get_model("orders", "Order")
    batch = []
    for one in order.objects.only("email").iterator(BATCH):
        one.buyer = buyer(one.email)
        batch.append(one)
        if len(batch) == BATCH:
            order.objects.bulk_update(batch, ["buyer"])
            batch.clear()
    order.objects.bulk_update(batch, ["buyer"])


class Migration(migrations.Migration):
    dependencies = [("orders", "0002_place"), ("stock", "0004_seat_functions"), ("events", "0002_limits")]

    operations = [
        migrations.AddField("order", "buyer", models.UUIDField(null=True)),
        migrations.RunPython(name_buyers, migrations.RunPython.noop),
        # Rows were written in this transaction; what waits for its end must not wait longer than the next step.
        migrations.RunSQL("SET CONSTRAINTS ALL IMMEDIATE", migrations.RunSQL.noop),
        migrations.AlterField("order", "buyer", models.UUIDField()),
        migrations.AddIndex("order", models.Index(fields=["event", "buyer"], name="orders_order_of_buyer")),
        migrations.AddField(
            "ticket",
            "seat",
            models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="tickets", to="stock.seat"
            ),
        ),
        migrations.CreateModel(
            "VerifiedAddress",
            [
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("buyer", models.UUIDField()),
                ("verified_at", models.DateTimeField(db_default=Now())),
                (
                    "event",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="events.event",
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=["event", "buyer"], name="orders_verifiedaddress_once")],
            },
        ),
    ]
