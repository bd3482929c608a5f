"""Every process: whether it lives, what it does, what it takes, where it is full."""

from __future__ import annotations

from fairgate.monitoring.grafana import RATE, Ask, Dashboard, Panel, Row, each_second

# Chosen at the top of the dashboard.
JOB = 'job=~"$job"'

LIVING = Row(
    "Alive",
    (
        Panel("Processes that answer", "By kind.", (Ask(f"sum by (job) (up{{{JOB}}})", "{{job}}"),)),
        Panel(
            "Started anew",
            "In the last quarter of an hour.",
            (
                Ask(
                    f"max by (job, instance) (changes(process_start_time_seconds{{{JOB}}}[15m])) > 0",
                    "{{job}} {{instance}}",
                ),
            ),
        ),
        Panel(
            "Interpreters that do not answer",
            "Of those that a server should have.",
            (Ask(f"fairgate_interpreters_wanted{{{JOB}}} - fairgate_interpreters{{{JOB}}}", "{{job}} {{instance}}"),),
        ),
        Panel(
            "Servers that the door sends requests to",
            "By kind.",
            (Ask('max by (proxy) (haproxy_backend_active_servers{proxy=~"web|stock|gate"})', "{{proxy}}"),),
        ),
        Panel(
            "Versions",
            "Of the processes that answer.",
            (Ask("count by (version) (fairgate_build_info)", "{{version}}"),),
        ),
        Panel(
            "Free disk",
            "Of the file system where the data are.",
            (Ask("min by (instance) (fairgate_disk_free_bytes / fairgate_disk_size_bytes)", "{{instance}}"),),
            "percentunit",
        ),
    ),
)

DOING = Row(
    "Requests",
    (
        Panel(
            "Requests a second",
            "By kind.",
            (each_second(f"fairgate_http_requests_total{{{JOB}}}", "job"),),
            "reqps",
        ),
        Panel(
            "Errors",
            "Routes that answer 5xx.",
            (Ask(f"topk(10, route:fairgate_http_request_errors:rate5m{{{JOB}}} > 0)", "{{job}} {{method}} {{route}}"),),
            "reqps",
        ),
        Panel(
            "The slowest routes",
            "One of a hundred takes longer.",
            (
                Ask(
                    f"topk(10, route:fairgate_http_request_duration_seconds:p99_5m{{{JOB}}})",
                    "{{job}} {{method}} {{route}}",
                ),
            ),
            "s",
            limits=(0.5,),
        ),
        Panel(
            "Routes that are asked for most",
            "Of all methods.",
            (
                Ask(
                    f"topk(10, sum by (job, route) (route:fairgate_http_requests:rate5m{{{JOB}}}))", "{{job}} {{route}}"
                ),
            ),
            "reqps",
        ),
        Panel(
            "How long half and nearly all take",
            "Of all requests of a kind.",
            tuple(
                Ask(
                    f"histogram_quantile({share}, sum by (job, le)"
                    f" (route_le:fairgate_http_request_duration_seconds_bucket:rate5m{{{JOB}}}))",
                    f"{{{{job}}}} p{share * 100:.0f}",
                )
                for share in (0.5, 0.95)
            ),
            "s",
        ),
    ),
)

TAKING = Row(
    "What they take",
    (
        Panel(
            "Processors",
            "1 is a whole one.",
            (each_second(f"process_cpu_seconds_total{{{JOB}}}", "job", "instance"),),
        ),
        Panel(
            "Memory",
            "Resident; interpreters of one server share some of it.",
            (Ask(f"sum by (job, instance) (process_resident_memory_bytes{{{JOB}}})", "{{job}} {{instance}}"),),
            "bytes",
        ),
        Panel(
            "Open files",
            "Share of those that are allowed.",
            (
                Ask(
                    f"max by (job, instance) (process_open_fds{{{JOB}}} / process_max_fds{{{JOB}}})",
                    "{{job}} {{instance}}",
                ),
            ),
            "percentunit",
            limits=(0.8,),
        ),
    ),
)

FULL = Row(
    "Where they are full",
    (
        Panel(
            "Turns",
            "Requests that are worked on, and how many may be, as found by measuring.",
            (
                Ask(f"sum by (job, instance) (fairgate_turns_at_work{{{JOB}}})", "{{job}} {{instance}} at work"),
                Ask(f"sum by (job, instance) (fairgate_turns_limit{{{JOB}}})", "{{job}} {{instance}} limit"),
            ),
        ),
        Panel(
            "Waiting for a turn",
            "By what is at stake.",
            (Ask(f"sum by (job, rank) (fairgate_turns_waiting{{{JOB}}})", "{{job}} {{rank}}"),),
            is_stacked=True,
        ),
        Panel(
            "How long they wait for it",
            "One of a hundred waits longer.",
            (
                Ask(
                    "histogram_quantile(0.99, sum by (job, rank, le)"
                    f" (rate(fairgate_turn_wait_seconds_bucket{{{JOB}}}{RATE})))",
                    "{{job}} {{rank}}",
                ),
            ),
            "s",
        ),
        Panel(
            "Pools",
            "Share of the connections that are in use.",
            (
                Ask(
                    f"sum by (job, pool) (fairgate_pool_connections_in_use{{{JOB}}})"
                    f" / sum by (job, pool) (fairgate_pool_connections_most{{{JOB}}})",
                    "{{job}} {{pool}}",
                ),
            ),
            "percentunit",
        ),
        Panel(
            "Waiting for a connection",
            "On average, and how many got none.",
            (
                Ask(
                    f"sum by (job, pool) (rate(fairgate_pool_wait_seconds_total{{{JOB}}}{RATE}))"
                    f" / sum by (job, pool) (rate(fairgate_pool_requests_total{{{JOB}}}{RATE}))",
                    "{{job}} {{pool}}",
                ),
            ),
            "s",
            limits=(0.05,),
        ),
        Panel(
            "No connection in time",
            "Requests a second.",
            (each_second(f"fairgate_pool_requests_refused_total{{{JOB}}}", "job", "pool"),),
            "reqps",
        ),
    ),
)

BOARD = Dashboard(
    "fairgate-processes",
    "Fairgate: processes",
    "Whether they live, what they do, what they take, where they are full.",
    (LIVING, DOING, TAKING, FULL),
    ("job", "up"),
)
