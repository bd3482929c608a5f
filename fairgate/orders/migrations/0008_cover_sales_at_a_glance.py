"""The overview of an organizer with 200,000 orders read every order and ticket of its events; now it reads indexes."""

from __future__ import annotations

import django.db.models.deletion
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    # An index that is built concurrently cannot be inside a transaction.
    atomic = False
    dependencies = [("orders", "0007_limits_of_swaps")]

    operations = [
        AddIndexConcurrently(
            "order",
            models.Index(fields=["event", "state"], include=["gross", "net", "tax"], name="orders_order_sums_of_event"),
        ),
        AddIndexConcurrently(
            "ticket", models.Index(fields=["ticket_type"], include=["id"], name="orders_ticket_of_ticket_type")
        ),
        # It covers the one that the foreign key made. Django would make the constraint anew, under a lock.
        migrations.SeparateDatabaseAndState(
            [
                migrations.RunSQL(
                    'DROP INDEX CONCURRENTLY IF EXISTS "orders_ticket_ticket_type_id_d746a9f5"',
                    'CREATE INDEX CONCURRENTLY "orders_ticket_ticket_type_id_d746a9f5" ON orders_ticket (ticket_type_id)',
                )
            ],
            [
                migrations.AlterField(
                    "ticket",
                    "ticket_type",
                    models.ForeignKey(
                        "events.TicketType",
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="tickets",
                        db_index=False,
                    ),
                )
            ],
        ),
    ]
