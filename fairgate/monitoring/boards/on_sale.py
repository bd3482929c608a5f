"""The day of a sale: who comes, what they get, what they wait for, what is short."""

from __future__ import annotations

from fairgate.monitoring.grafana import RATE, Ask, Dashboard, Panel, Row, each_second

DOOR = 'haproxy_frontend_http_responses_total{proxy="door"'

GLANCE = Row(
    "Now",
    (
        Panel("Requests a second", "At the door.", (each_second(DOOR + "}"),), "reqps", 4, is_figure=True),
        Panel(
            "Errors",
            "Share of all requests that end in 5xx, over 5 minutes. We promise less than 0.1 % over 30 days.",
            (Ask("slo:errors:ratio_rate5m"),),
            "percentunit",
            4,
            limits=(0.001, 0.0144),
            is_figure=True,
        ),
        Panel(
            "Slow answers",
            "Share of answers over half a second, over 5 minutes. We promise less than 1 % over 30 days.",
            (Ask("slo:slow:ratio_rate5m"),),
            "percentunit",
            4,
            limits=(0.01, 0.144),
            is_figure=True,
        ),
        Panel(
            "Orders a minute",
            "Placed.",
            (Ask('60 * sum(rate(fairgate_order_requests_total{outcome="placed"}[1m]))'),),
            width=4,
            is_figure=True,
        ),
        Panel("Held now", "Holds that have places.", (Ask("max(fairgate_holds_active)"),), width=4, is_figure=True),
        Panel(
            "Mail waits",
            "Age of the oldest effect that nobody has tried.",
            (Ask("max(fairgate_outbox_oldest_seconds)"),),
            "s",
            4,
            limits=(60, 300),
            is_figure=True,
        ),
    ),
)

BUYING = Row(
    "What buyers get",
    (
        Panel(
            "Holds",
            "Requests for places, by what became of them.",
            (each_second("fairgate_hold_requests_total", "outcome"),),
            "reqps",
            is_stacked=True,
        ),
        Panel(
            "Orders",
            "Attempts to order, by what became of them.",
            (each_second("fairgate_order_requests_total", "outcome"),),
            "reqps",
            is_stacked=True,
        ),
        Panel(
            "Tickets a minute",
            "Issued and canceled.",
            (
                Ask("60 * sum(rate(fairgate_tickets_issued_total[1m]))", "issued"),
                Ask("60 * sum(rate(fairgate_tickets_canceled_total[1m]))", "canceled"),
            ),
        ),
        Panel(
            "Holds that have places",
            "And how many a minute ran out of time.",
            (
                Ask("max(fairgate_holds_active)", "held"),
                Ask("60 * sum(rate(fairgate_holds_expired_total[1m]))", "expired a minute"),
            ),
        ),
        Panel(
            "Answers of the door",
            "By class.",
            (Ask(f"sum by (code) (rate({DOOR}}}{RATE})) > 0", "{{code}}"),),
            "reqps",
            is_stacked=True,
        ),
        Panel(
            "Scans at the gate",
            "By result.",
            (each_second("fairgate_scans_total", "result"),),
            "reqps",
            is_stacked=True,
        ),
    ),
)


def _waited(share: float, figure: str) -> str:
    return f"histogram_quantile({share}, sum by (le) (rate({figure}_bucket{RATE})))"


WAITING = Row(
    "What they wait for",
    (
        Panel(
            "How long holds and orders take",
            "In the process that answers: one of a hundred takes longer.",
            (
                Ask(
                    "max by (route) (route:fairgate_http_request_duration_seconds:p99_5m"
                    '{method="POST", route=~".*(holds|order|checkout).*"})',
                    "{{route}}",
                ),
            ),
            "s",
            limits=(0.5,),
        ),
        Panel(
            "Lines at the door",
            "Requests that wait in the door, by the way that they take.",
            (Ask("sum by (proxy) (haproxy_backend_current_queue) > 0", "{{proxy}}"),),
            is_stacked=True,
        ),
        Panel(
            "Sent away",
            "Got no turn in time, by what is at stake. Those who look go first.",
            (each_second("fairgate_turns_refused_total", "rank"),),
            "reqps",
            is_stacked=True,
        ),
        Panel(
            "Lines before the lanes",
            "Requests for places that wait: in the longest lane, and in all of one process.",
            (
                Ask("max(fairgate_lane_longest_line)", "longest"),
                Ask("sum by (instance) (fairgate_lane_requests_waiting)", "all at {{instance}}"),
            ),
        ),
        Panel(
            "Lanes",
            "How long the database takes for a batch, and how many requests are granted in one.",
            (
                Ask(_waited(0.95, "fairgate_lane_transaction_seconds"), "p95 of a batch, s"),
                Ask(_waited(0.5, "fairgate_lane_batch_requests"), "requests in a batch"),
            ),
        ),
        Panel(
            "How busy lanes are",
            "Of one event on sale, 1 is all its lane can.",
            (each_second("fairgate_lane_busy_seconds_total", "instance"),),
            limits=(0.9,),
        ),
    ),
)

SPARED = Row(
    "What is spared",
    (
        Panel(
            "Kept at the door",
            "Share of the requests for kept pages that the door answers by itself.",
            (
                Ask(
                    f'sum(rate(haproxy_frontend_http_cache_hits_total{{proxy="door"}}{RATE}))'
                    f' / sum(rate(haproxy_frontend_http_cache_lookups_total{{proxy="door"}}{RATE}))'
                ),
            ),
            "percentunit",
            12,
        ),
        Panel(
            "Cache behind it",
            "Values, by where they came from.",
            (each_second("fairgate_cache_requests_total", "answer"),),
            "ops",
            12,
            is_stacked=True,
        ),
    ),
)

BOARD = Dashboard(
    "fairgate-on-sale",
    "Fairgate: on sale",
    "The day of a sale: who comes, what they get, what they wait for.",
    (GLANCE, BUYING, WAITING, SPARED),
)
