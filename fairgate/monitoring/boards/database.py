"""PostgreSQL, its standbys, Valkey, and whether the books are right."""

from __future__ import annotations

from fairgate.monitoring.grafana import RATE, Ask, Dashboard, Panel, Row, each_second

BOOKS = Row(
    "The books",
    (
        Panel(
            "Differences",
            "What the audit found wrong. Must be 0.",
            (Ask("sum(fairgate_invariant_differences)"),),
            width=6,
            limits=(1, 1),
            is_figure=True,
        ),
        Panel(
            "Checked",
            "Since the last audit ended.",
            (Ask("time() - max(fairgate_invariant_checked_timestamp_seconds)"),),
            "s",
            6,
            limits=(1800, 3600),
            is_figure=True,
        ),
        Panel(
            "An audit takes",
            "It reads every row of places, orders and tickets.",
            (Ask("max(fairgate_invariant_check_duration_seconds)"),),
            "s",
            6,
            is_figure=True,
        ),
        Panel("Size", "Of the database.", (Ask("max(fairgate_postgres_database_bytes)"),), "bytes", 3, is_figure=True),
        Panel(
            "Saved",
            "Since the newest copy of everything: a backup's file, or the archive.",
            (Ask("time() - max(fairgate_backup_reaches_timestamp_seconds)"),),
            "s",
            3,
            limits=(86400, 172800),
            is_figure=True,
        ),
    ),
)

WORK = Row(
    "Work",
    (
        Panel(
            "Transactions",
            "A second.",
            (each_second("fairgate_postgres_transactions_total", "result"),),
            "ops",
        ),
        Panel(
            "Connections",
            "By state, and how many the server allows.",
            (
                Ask("sum by (state) (fairgate_postgres_connections)", "{{state}}"),
                Ask("max(fairgate_postgres_connections_most)", "allowed"),
            ),
        ),
        Panel(
            "Found in memory",
            "Share of the blocks that statements asked for. Below 0.99 for long: more memory, or an index is missing.",
            (
                Ask(
                    f'sum(rate(fairgate_postgres_blocks_total{{source="cache"}}{RATE}))'
                    f" / sum(rate(fairgate_postgres_blocks_total{RATE}))"
                ),
            ),
            "percentunit",
        ),
        Panel(
            "Waiting for locks",
            "Connections, and deadlocks a minute.",
            (
                Ask("max(fairgate_postgres_waiting_for_locks)", "waiting"),
                Ask("60 * sum(rate(fairgate_postgres_deadlocks_total[5m]))", "deadlocks a minute"),
            ),
            limits=(10,),
        ),
        Panel(
            "Oldest transaction",
            "While it is open, nothing that it could see is vacuumed.",
            (Ask("max(fairgate_postgres_longest_transaction_seconds)"),),
            "s",
            limits=(1800,),
        ),
        Panel(
            "Sorted on disk",
            "What sorts and joins wrote, a second.",
            (each_second("fairgate_postgres_temporary_bytes_total"),),
            "Bps",
        ),
        Panel(
            "Dead rows",
            "Share of a table's rows that wait for vacuum, of tables with more than 10,000.",
            (
                Ask(
                    "topk(10, max by (table) (fairgate_postgres_dead_tuples) / (max by (table)"
                    " (fairgate_postgres_live_tuples) + max by (table) (fairgate_postgres_dead_tuples) > 10000))",
                    "{{table}}",
                ),
            ),
            "percentunit",
            12,
        ),
        Panel(
            "The largest tables",
            "Rows, as the server estimates.",
            (Ask("topk(10, max by (table) (fairgate_postgres_live_tuples))", "{{table}}"),),
            width=12,
        ),
    ),
)

COPIES = Row(
    "Standbys",
    (
        Panel(
            "Behind, in time",
            "As the primary sees it, and as web processes see it.",
            (
                Ask("max by (standby) (fairgate_postgres_standby_lag_seconds)", "{{standby}}"),
                Ask("max by (replica) (fairgate_replica_lag_seconds)", "{{replica}} for web"),
            ),
            "s",
            limits=(30,),
        ),
        Panel(
            "Behind, in bytes",
            "Of the log that is not replayed yet.",
            (Ask("max by (standby) (fairgate_postgres_standby_lag_bytes)", "{{standby}}"),),
            "bytes",
        ),
        Panel(
            "Web processes that can read from it",
            "And segments of the log that could not be archived, an hour.",
            (
                Ask("sum by (replica) (fairgate_replica_up)", "{{replica}}"),
                Ask("sum(increase(fairgate_postgres_archive_failures_total[1h]))", "not archived"),
            ),
        ),
    ),
)

VALKEY = Row(
    "Valkey",
    (
        Panel(
            "Memory",
            "And how much it may take, where something limits it.",
            (
                Ask("max(fairgate_valkey_memory_bytes)", "taken"),
                Ask("max(fairgate_valkey_memory_most_bytes) > 0", "limit"),
            ),
            "bytes",
            6,
        ),
        Panel("Commands", "A second.", (each_second("fairgate_valkey_commands_total"),), "ops", 6),
        Panel(
            "Found",
            "Share of the keys that were looked up.",
            (
                Ask(
                    f'sum(rate(fairgate_valkey_lookups_total{{result="hit"}}{RATE}))'
                    f" / sum(rate(fairgate_valkey_lookups_total{RATE}))"
                ),
            ),
            "percentunit",
            6,
        ),
        Panel(
            "Connections",
            "And keys thrown out for want of memory, a minute.",
            (
                Ask("max(fairgate_valkey_clients)", "connections"),
                Ask("60 * sum(rate(fairgate_valkey_evicted_keys_total[5m]))", "thrown out a minute"),
            ),
            width=6,
        ),
    ),
)

BOARD = Dashboard(
    "fairgate-database",
    "Fairgate: database",
    "PostgreSQL, its standbys, Valkey, and whether the books are right.",
    (BOOKS, WORK, COPIES, VALKEY),
    seen="now-6h",
)
