from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("outbox", "0001_initial")]

    operations = [
        migrations.AddField("outboxmessage", "traceparent", models.CharField(max_length=55, blank=True, db_default="")),
    ]
