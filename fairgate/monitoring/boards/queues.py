"""What happens after a sale: the outbox, the broker, tasks, mail."""

from __future__ import annotations

from fairgate.monitoring.grafana import Ask, Dashboard, Panel, Row

RATE = "[$__rate_interval]"

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
                Ask(f"sum(rate(fairgate_outbox_hints_total{RATE}))", "handed over"),
                Ask(f'sum(rate(fairgate_effects_total{{result="done"}}{RATE}))', "done"),
            ),
            "ops",
        ),
        Panel(
            "Holds whose time was up",
            "Ended by the relay, a second.",
            (Ask(f"sum(rate(fairgate_holds_expired_total{RATE}))"),),
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
            (Ask(f"sum by (result) (rate(fairgate_mails_total{RATE}))", "{{result}}"),),
            "ops",
        ),
        Panel(
            "Effects that fail",
            "By topic, a second.",
            (Ask(f'sum by (topic) (rate(fairgate_effects_total{{result="failed"}}{RATE}))', "{{topic}}"),),
            "ops",
        ),
        Panel(
            "Effects",
            "By topic and result, a second.",
            (Ask(f"sum by (topic, result) (rate(fairgate_effects_total{RATE}))", "{{topic}} {{result}}"),),
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
            (Ask(f"sum by (task, state) (rate(fairgate_tasks_total{RATE}))", "{{task}} {{state}}"),),
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
                Ask(f"sum(rate(fairgate_task_duration_seconds_sum{RATE}))", "at work"),
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
