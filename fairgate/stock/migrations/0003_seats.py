import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("stock", "0002_functions"),
    ]

    operations = [
        migrations.AddField(
            model_name="hold",
            name="is_extended",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name="quota",
            name="is_seated",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AlterField(
            model_name="move",
            name="kind",
            field=models.CharField(
                choices=[
                    ("hold", "Hold"),
                    ("release", "Release"),
                    ("expire", "Expire"),
                    ("return", "Return"),
                    ("resize", "Resize"),
                    ("swap", "Swap"),
                ],
                max_length=10,
            ),
        ),
        migrations.CreateModel(
            name="Seat",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("block", models.CharField(blank=True, max_length=50)),
                ("row", models.CharField(max_length=10)),
                ("number", models.CharField(max_length=10)),
                ("rank", models.PositiveIntegerField()),
                ("place", models.PositiveIntegerField()),
                ("is_blocked", models.BooleanField(db_default=False, default=False)),
                (
                    "quota",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="seats",
                        to="stock.quota",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="SeatTaken",
            fields=[
                (
                    "seat",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="taken",
                        serialize=False,
                        to="stock.seat",
                    ),
                ),
                ("hold_id", models.UUIDField()),
                ("ticket_type_id", models.BigIntegerField()),
            ],
            options={
                "indexes": [models.Index(fields=["hold_id"], name="stock_seattaken_by_hold")],
            },
        ),
        migrations.AddConstraint(
            model_name="seat",
            constraint=models.UniqueConstraint(fields=("quota", "rank", "place"), name="stock_seat_place_once"),
        ),
        migrations.AddConstraint(
            model_name="seat",
            constraint=models.UniqueConstraint(fields=("quota", "block", "row", "number"), name="stock_seat_name_once"),
        ),
    ]
