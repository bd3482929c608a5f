"""What people who asked for places were told, minute by minute."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("stock", "0005_indexes_of_holds")]

    operations = [
        migrations.CreateModel(
            name="MinuteCount",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "event_id", "minute", "what", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("event_id", models.BigIntegerField()),
                ("minute", models.BigIntegerField()),
                ("what", models.CharField(max_length=20)),
                ("count", models.BigIntegerField()),
            ],
            options={"indexes": [models.Index(fields=["minute"], name="stock_minutecount_by_age")]},
        ),
    ]
