"""The name of every figure. Labels are words from short fixed lists, of routes their templates: never an id, an
address, an event or a person.

The order is that of docs/metrics.md.
"""

from __future__ import annotations

from prometheus_client import Counter, Histogram, disable_created_metrics

from fairgate.lib.metrics.figure import Figure

# A gauge of its own beside each counter, which nobody reads.
disable_created_metrics()  # type: ignore[no-untyped-call]

# A page takes some ms, a good day's slowest a quarter of a second; who waits for more than 5 s has been sent away.
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)
TASK_SECONDS = (0.01, 0.05, 0.1, 0.5, 1, 5, 30)
BATCHES = (1, 2, 5, 10, 20, 50, 100, 200)


def _counter(name: str, about: str, *labels: str) -> Counter:
    return Counter(name, about, labels, registry=None)


def _histogram(name: str, about: str, *labels: str, buckets: tuple[float, ...] = SECONDS) -> Histogram:
    return Histogram(name, about, labels, buckets=buckets, registry=None)


# Every process
BUILD = Figure("fairgate_build_info", "1; the label tells which version runs.", ("version",))
INTERPRETERS = Figure("fairgate_interpreters", "Interpreters of this server whose figures are in this answer.")
INTERPRETERS_WANTED = Figure("fairgate_interpreters_wanted", "Interpreters that this server should have.")
DISK_FREE = Figure("fairgate_disk_free_bytes", "What may still be written where FAIRGATE_DATA_DIR is.")
DISK_SIZE = Figure("fairgate_disk_size_bytes", "Size of the file system where FAIRGATE_DATA_DIR is.")

# Requests
REQUESTS = _counter(
    "fairgate_http_requests_total",
    "Requests answered, by route, method and class of status.",
    "route",
    "method",
    "status",
)
REQUEST_SECONDS = _histogram(
    "fairgate_http_request_duration_seconds",
    "From a request's arrival in the process until its answer was sent.",
    "route",
    "method",
)
HTTP = (REQUESTS, REQUEST_SECONDS)

# Turns: how many requests a process works on at a time
TURNS_LIMIT = Figure("fairgate_turns_limit", "Requests that are worked on at a time, as found by measuring.")
TURNS_MOST = Figure("fairgate_turns_most", "Requests that would be worked on at a time at most.")
TURNS_AT_WORK = Figure("fairgate_turns_at_work", "Requests that are worked on now.", ("rank",))
TURNS_WAITING = Figure("fairgate_turns_waiting", "Requests that wait for their turn now.", ("rank",))
TURNS_REFUSED = _counter("fairgate_turns_refused_total", "Requests that got no turn in time.", "rank")
TURN_WAIT = _histogram(
    "fairgate_turn_wait_seconds", "From a request's arrival at the door until its turn or its refusal.", "rank"
)

# Pools of connections to PostgreSQL
POOL_SIZE = Figure("fairgate_pool_connections", "Open connections of a pool.", ("pool",))
POOL_MOST = Figure("fairgate_pool_connections_most", "Connections that a pool opens at most.", ("pool",))
POOL_IN_USE = Figure("fairgate_pool_connections_in_use", "Connections that somebody has now.", ("pool",))
POOL_WAITING = Figure("fairgate_pool_requests_waiting", "Who waits for a connection now.", ("pool",))
POOL_REQUESTS = Figure("fairgate_pool_requests_total", "Connections asked for.", ("pool",))
POOL_QUEUED = Figure(
    "fairgate_pool_requests_queued_total", "Connections asked for that were not there at once.", ("pool",)
)
POOL_REFUSED = Figure("fairgate_pool_requests_refused_total", "Who got no connection in time.", ("pool",))
POOL_WAIT = Figure("fairgate_pool_wait_seconds_total", "Time spent waiting for a connection.", ("pool",))
POOL_USE = Figure("fairgate_pool_use_seconds_total", "Time that connections were in use.", ("pool",))
POOL_LOST = Figure("fairgate_pool_connections_lost_total", "Connections that were found dead.", ("pool",))
POOLS = (
    POOL_SIZE, POOL_MOST, POOL_IN_USE, POOL_WAITING, POOL_REQUESTS, POOL_QUEUED, POOL_REFUSED, POOL_WAIT, POOL_USE,
    POOL_LOST,
)  # fmt: skip

# Selling
HOLD_REQUESTS = _counter("fairgate_hold_requests_total", "Requests for places, by what became of them.", "outcome")
ORDER_REQUESTS = _counter("fairgate_order_requests_total", "Attempts to order, by what became of them.", "outcome")
TICKETS_ISSUED = _counter("fairgate_tickets_issued_total", "Tickets of the orders that were placed.")
TICKETS_CANCELED = _counter("fairgate_tickets_canceled_total", "Tickets that were canceled.")
SCANS = _counter("fairgate_scans_total", "Scans at the gate, by result.", "result")

# Lanes of the stock process: one for each event that is asked for
LANES = Figure("fairgate_lanes", "Lanes, one for each event that was asked for.")
LANES_RUNNING = Figure("fairgate_lanes_running", "Lanes with a transaction now or waiting for a thread.")
LANES_AT_A_TIME = Figure("fairgate_lanes_at_a_time", "Lanes that may have a transaction at a time.")
LANE_WAITING = Figure("fairgate_lane_requests_waiting", "Requests that wait in all lanes together.")
LANE_LONGEST = Figure("fairgate_lane_longest_line", "Requests that wait in the lane where most do.")
LANE_BATCH = _histogram(
    "fairgate_lane_batch_requests", "Requests that were granted or refused together.", buckets=BATCHES
)
LANE_SECONDS = _histogram("fairgate_lane_transaction_seconds", "How long a batch took, its commit included.")
LANE_BUSY = _counter("fairgate_lane_busy_seconds_total", "Time that lanes had a transaction, of all lanes together.")
LANE_REFUSED = _counter(
    "fairgate_lane_refused_total", "Requests that a lane sent away unanswered, by reason.", "reason"
)

# Caches
CACHE_REQUESTS = Figure(
    "fairgate_cache_requests_total", "Values asked of the cache, by where they came from.", ("answer",)
)
CACHE_AWAY = Figure("fairgate_cache_away_total", "Values built because the cache's server was away.")
CACHE_LATE = Figure("fairgate_cache_late_total", "Values that were void before they could be kept.")
CACHE_ENTRIES = Figure("fairgate_cache_entries", "Values that the process keeps for itself.")

# Replicas
REPLICA_UP = Figure("fairgate_replica_up", "1 if the replica can be read from, as this process sees it.", ("replica",))
REPLICA_LAG = Figure("fairgate_replica_lag_seconds", "How far the replica is behind, as it says itself.", ("replica",))

# Tasks and effects
TASKS_STARTED = _counter("fairgate_tasks_started_total", "Tasks that began.", "task")
TASKS = _counter("fairgate_tasks_total", "Tasks that ended, by state.", "task", "state")
TASK_DURATION = _histogram("fairgate_task_duration_seconds", "How long tasks took.", "task", buckets=TASK_SECONDS)
EFFECTS = _counter("fairgate_effects_total", "Tries to do what a row of the outbox asks for.", "topic", "result")
MAILS = _counter("fairgate_mails_total", "Mails handed to the mail server, or not.", "result")

# Outbox and queues, read by the relay
SOURCE_UP = Figure(
    "fairgate_source_up", "1 if the last look at it worked; while it did not, its figures are left out.", ("source",)
)
OUTBOX = Figure(
    "fairgate_outbox_messages", "Rows of the outbox that are not done: new, tried before, parked.", ("state",)
)
OUTBOX_OLDEST = Figure(
    "fairgate_outbox_oldest_seconds", "Age of the oldest row that was never tried; 0 when there is none."
)
OUTBOX_HINTS = _counter("fairgate_outbox_hints_total", "Rows that were handed to the workers.")
HOLDS_ACTIVE = Figure("fairgate_holds_active", "Holds that have places now.")
HOLDS_EXPIRED = _counter("fairgate_holds_expired_total", "Holds whose time was up and that the relay ended.")
QUEUE = Figure("fairgate_queue_messages", "Tasks that wait at the broker.", ("queue",))

# PostgreSQL, Valkey, the books and their copies, read by beat
DIFFERENCES = Figure("fairgate_invariant_differences", "What the audit found wrong: must be 0.", ("rule",))
CHECKED_AT = Figure("fairgate_invariant_checked_timestamp_seconds", "When the audit last ended.")
CHECK_SECONDS = Figure("fairgate_invariant_check_duration_seconds", "How long the last audit took.")
BACKUP_REACHES = Figure(
    "fairgate_backup_reaches_timestamp_seconds",
    "Up to when a copy of everything goes, as far as there is one.",
    ("kind",),
)
PG_CONNECTIONS = Figure("fairgate_postgres_connections", "Connections to the server, by state.", ("state",))
PG_CONNECTIONS_MOST = Figure("fairgate_postgres_connections_most", "Connections that the server allows.")
PG_LOCKED = Figure("fairgate_postgres_waiting_for_locks", "Connections that wait for a lock now.")
PG_LONGEST = Figure("fairgate_postgres_longest_transaction_seconds", "Age of the oldest open transaction.")
PG_TRANSACTIONS = Figure(
    "fairgate_postgres_transactions_total", "Transactions of the database, by result.", ("result",)
)
PG_BLOCKS = Figure(
    "fairgate_postgres_blocks_total", "Blocks that statements asked for, by where they were.", ("source",)
)
PG_DEADLOCKS = Figure("fairgate_postgres_deadlocks_total", "Deadlocks that the server resolved.")
PG_TEMPORARY = Figure("fairgate_postgres_temporary_bytes_total", "What sorts and joins wrote to disk.")
PG_SIZE = Figure("fairgate_postgres_database_bytes", "Size of the database.")
PG_LIVE = Figure("fairgate_postgres_live_tuples", "Rows of a table, as the server estimates.", ("table",))
PG_DEAD = Figure("fairgate_postgres_dead_tuples", "Rows that no one can see and vacuum has not removed.", ("table",))
PG_STANDBY_BYTES = Figure("fairgate_postgres_standby_lag_bytes", "What a standby has not replayed yet.", ("standby",))
PG_STANDBY_SECONDS = Figure(
    "fairgate_postgres_standby_lag_seconds", "How long a standby takes to replay.", ("standby",)
)
PG_ARCHIVE_FAILED = Figure(
    "fairgate_postgres_archive_failures_total", "Segments of the log that could not be archived."
)
POSTGRES = (
    PG_CONNECTIONS, PG_CONNECTIONS_MOST, PG_LOCKED, PG_LONGEST, PG_TRANSACTIONS, PG_BLOCKS, PG_DEADLOCKS, PG_TEMPORARY,
    PG_SIZE, PG_LIVE, PG_DEAD, PG_STANDBY_BYTES, PG_STANDBY_SECONDS, PG_ARCHIVE_FAILED,
)  # fmt: skip
VALKEY_MEMORY = Figure("fairgate_valkey_memory_bytes", "Memory that Valkey's data takes.")
VALKEY_MOST = Figure("fairgate_valkey_memory_most_bytes", "Memory that it may take; 0 when nothing limits it.")
VALKEY_CLIENTS = Figure("fairgate_valkey_clients", "Connections to Valkey.")
VALKEY_COMMANDS = Figure("fairgate_valkey_commands_total", "Commands that Valkey ran.")
VALKEY_EVICTED = Figure("fairgate_valkey_evicted_keys_total", "Keys that were thrown out for want of memory.")
VALKEY_LOOKUPS = Figure("fairgate_valkey_lookups_total", "Keys looked up, by whether they were there.", ("result",))
VALKEY = (VALKEY_MEMORY, VALKEY_MOST, VALKEY_CLIENTS, VALKEY_COMMANDS, VALKEY_EVICTED, VALKEY_LOOKUPS)
