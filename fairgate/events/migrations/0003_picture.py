from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("events", "0002_limits"), ("files", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="EventPicture",
            fields=[
                (
                    "event",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="shown_picture",
                        serialize=False,
                        to="events.event",
                    ),
                ),
                ("alt", models.CharField(blank=True, max_length=300)),
                (
                    "stored",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="shown_by",
                        to="files.storedpicture",
                    ),
                ),
            ],
        ),
    ]
