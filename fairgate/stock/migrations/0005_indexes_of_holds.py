"""Two indexes that a plan made while the table is small may read from end to end instead of the one that is meant."""

from __future__ import annotations

from importlib.resources import files

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("stock", "0004_seat_functions")]

    operations = [
        # stock_hold_due serves every question for what is due.
        migrations.RemoveIndex("hold", "stock_hold_active_by_end"),
        migrations.RemoveIndex("hold", "stock_hold_keys_by_age"),
        migrations.AddIndex(
            "hold",
            models.Index(
                fields=["created_at"],
                condition=models.Q(("idempotency_key__isnull", False), models.Q(("state", ""), _negated=True)),
                name="stock_hold_keys_by_age",
            ),
        ),
        migrations.RunSQL((files("fairgate.stock") / "sql" / "functions.sql").read_text(), migrations.RunSQL.noop),
    ]
