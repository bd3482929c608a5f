"""What happens after a sale: the outbox, the broker, tasks, mail."""

from __future__ import annotations

from fairgate.monitoring.grafana import RATE, Ask, Dashboard, Panel, Row, each_second

NOW = Row(
    "Now",
    (
        Panel(
            "Oldest",
            "Age of the oldest effect that nobody has tried.",
            (Ask("max(fairgate_outbox_oldest_seconds)"),),
            "s",
            6,
            limits=(60, 300),
            is_figure=True,
        ),
        Panel(
            "Waiting",
            "Effects that are not done.",
            (Ask('sum(max by (state) (fairgate_outbox_messages{state!="parked"}))'),),
            width=6,
            is_figure=True,
        ),
        Panel(
            "Given up",
            "After eight tries; somebody must look.",
            (Ask('max(fairgate_outbox_messages{state="parked"})'),),
            width=6,
            limits=(1, 100),
            is_figure=True,
        ),
        Panel(
            "Mails a minute",
            "That the mail server took.",
            (Ask('60 * sum(rate(fairgate_mails_total{result="sent"}[5m]))'),),
            width=6,
            is_figure=True,
        ),
    ),
)

OUTBOX = Row(
    "Outbox and queues",
    (
        Panel(
            "Rows",
            "Never tried, tried before, given up.",
            (Ask("max by (state) (fairgate_outbox_messages)", "{{state}}"),),
            is_stacked=True,
        ),
        Panel("Age of the oldest", "Never tried.", (Ask("max(fairgate_outbox_oldest_seconds)"),), "s", limits=(300,)),
        Panel("Tasks at the broker", "By queue.", (Ask("max by (queue) (fairgate_queue_messages)", "{{queue}}"),)),
        Panel(
            "In and out",
            "Rows handed to the workers, and done, a second.",
            (
                each_second("fairgate_outbox_hints_total", legend="handed over"),
                each_second('fairgate_effects_total{result="done"}', legend="done"),
            ),
            "ops",
        ),
        Panel(
            "Holds whose time was up",
            "Ended by the relay, a second.",
            (each_second("fairgate_holds_expired_total"),),
            "ops",
        ),
        Panel(
            "What relay and beat can see",
            "1 if the last look worked.",
            (Ask("max by (source) (fairgate_source_up)", "{{source}}"),),
        ),
    ),
)

MAIL = Row(
    "Mail and other effects",
    (
        Panel(
            "Mails",
            "Handed to the mail server, a second.",
            (each_second("fairgate_mails_total", "result"),),
            "ops",
        ),
        Panel(
            "Effects that fail",
            "By topic, a second.",
            (each_second('fairgate_effects_total{result="failed"}', "topic"),),
            "ops",
        ),
        Panel(
            "Effects",
            "By topic and result, a second.",
            (each_second("fairgate_effects_total", "topic", "result"),),
            "ops",
        ),
    ),
)

TASKS = Row(
    "Tasks",
    (
        Panel(
            "Ended",
            "By state, a second.",
            (each_second("fairgate_tasks_total", "task", "state"),),
            "ops",
        ),
        Panel(
            "How long they take",
            "One of twenty takes longer.",
            (
                Ask(
                    f"histogram_quantile(0.95, sum by (task, le) (rate(fairgate_task_duration_seconds_bucket{RATE})))",
                    "{{task}}",
                ),
            ),
            "s",
        ),
        Panel(
            "How busy workers are",
            "Children that work on a task, on average, of those that there are.",
            (
                each_second("fairgate_task_duration_seconds_sum", legend="at work"),
                Ask('sum(fairgate_interpreters{job="worker"}) - count(fairgate_interpreters{job="worker"})', "there"),
            ),
        ),
    ),
)

BOARD = Dashboard(
    "fairgate-queues",
    "Fairgate: queues and mail",
    "What happens after a sale: the outbox, the broker, tasks, mail.",
    (NOW, OUTBOX, MAIL, TASKS),
    seen="now-3h",
)
