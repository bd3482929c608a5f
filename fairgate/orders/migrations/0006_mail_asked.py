from __future__ import annotations

from django.db import migrations, models
from django.db.models.functions import Now


class Migration(migrations.Migration):
    dependencies = [("orders", "0005_limits_tell_less")]

    operations = [
        migrations.CreateModel(
            "MailAsked",
            [
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("at", models.DateTimeField(db_default=Now())),
            ],
            options={"indexes": [models.Index(fields=["at"], name="orders_mailasked_by_age")]},
        ),
    ]
