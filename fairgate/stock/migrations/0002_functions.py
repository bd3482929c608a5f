"""The SQL functions, and room in the hot table's pages so that its counter is updated in place."""

from __future__ import annotations

from importlib.resources import files

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("stock", "0001_initial")]

    operations = [
        migrations.RunSQL(
            # Every grant rewrites a quota's row. A page with room keeps the new version beside the old one (HOT), and
            # vacuum comes after hundreds of dead versions, not after a fifth of a table of five rows.
            """
            ALTER TABLE stock_quota SET (fillfactor = 10, autovacuum_vacuum_scale_factor = 0,
                                         autovacuum_vacuum_threshold = 500);
            -- The sweeper asks for what is due over all events.
            CREATE INDEX stock_hold_due ON stock_hold (expires_at) WHERE state = 'active';
            """,
            "DROP INDEX stock_hold_due; ALTER TABLE stock_quota RESET (fillfactor);",
        ),
        migrations.RunSQL(
            (files("fairgate.stock") / "sql" / "functions.sql").read_text(),
            """
            DROP FUNCTION stock_hold_places, stock_end_holds, stock_release_hold, stock_expire_event,
                stock_expire_holds, stock_convert_hold, stock_return_places, stock_resize_quota;
            """,
        ),
    ]
