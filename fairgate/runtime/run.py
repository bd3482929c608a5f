"""`fairgate run KIND`: one process of any kind, anywhere, configured by the environment alone."""

from __future__ import annotations

import os
import secrets
import signal
import sys
import threading
from collections.abc import Callable
from functools import partial
from importlib import import_module
from types import FrameType
from typing import Any

from fairgate.lib import env, health, logs, metrics, traces
from fairgate.lib.metrics import workers
from fairgate.lib.process import REFUSAL, die_with_parent
from fairgate.runtime.errors import CannotStart
from fairgate.runtime.installation import Installation
from fairgate.runtime.kinds import KINDS, threads

APPLICATIONS = {
    "web": "fairgate.core.wsgi:application",
    "stock": "fairgate.services.stock.asgi:application",
    "gate": "fairgate.services.gate.wsgi:application",
}
# Granian's own messages, such as that a worker ended, become JSON lines like all others.
THROUGH_OUR_LOGS = {"formatters": {}, "handlers": {}, "loggers": {"_granian": {"propagate": True}}}
QUEUES = "effects,housekeeping"


def run_kind(kind: str, listen: str) -> None:
    """Returns when SIGTERM or SIGINT has ended it clean."""
    if kind not in KINDS:
        raise CannotStart(f"{kind} is no kind of process; use one of {', '.join(KINDS)}.")
    host, port = _address(listen)
    settings = _settings()
    logs.configure(kind, settings.log_level, settings.slow_ms)
    RUNNERS[kind](host, port, settings)


def _address(listen: str) -> tuple[str, int]:
    host, _, port = listen.rpartition(":")
    if not host or not port.isdigit() or not 0 < int(port) < 65536:
        raise CannotStart(f"--listen {listen} is no address; give it as HOST:PORT, such as 127.0.0.1:8001.")
    return host.strip("[]"), int(port)


def _settings() -> env.Settings:
    try:
        return env.settings()
    except env.SettingsError as error:
        raise CannotStart(str(error)) from None


def _serve(kind: str) -> Callable[[str, int, env.Settings], None]:
    def serve(host: str, port: int, settings: env.Settings) -> None:
        from granian import Granian  # the other kinds do without
        from granian.constants import Interfaces
        from granian.http import HTTP1Settings
        from granian.log import LogLevels

        is_refused = threading.Event()

        def refuse(_number: int, _frame: FrameType | None) -> None:
            is_refused.set()
            signal.raise_signal(signal.SIGTERM)

        signal.signal(REFUSAL, refuse)
        blocking = threads(settings)
        interpreters = settings.web_workers if kind == "web" else 1
        server = Granian(
            APPLICATIONS[kind],
            address=host,
            port=port,
            interface=Interfaces.WSGI if kind in blocking else Interfaces.ASGINL,
            workers=interpreters,
            blocking_threads=blocking.get(kind, 1),
            # Waiting requests stay with the door, which can send them elsewhere.
            backpressure=1024,
            respawn_failed_workers=True,
            workers_kill_timeout=8,
            http1_settings=HTTP1Settings(header_read_timeout=10_000),
            log_level=LogLevels.error,
            log_dictconfig=THROUGH_OUR_LOGS,
            websockets=False,
        )
        name = secrets.token_hex(8)
        try:
            server.serve(target_loader=partial(_load, os.getpid(), name, interpreters if kind == "web" else 0))
        finally:
            # The worker has said why. Granian exits with 1 when it notices that the worker has ended before it ends it.
            if is_refused.is_set():
                sys.exit(2)

    return serve


def _load(server_pid: int, name: str, interpreters: int, target: str) -> Callable[..., Any]:
    """The first thing a worker does: granian's outlive a killed server unless they ask not to."""
    die_with_parent(parent_pid=server_pid)
    if interpreters:
        workers.join(name, interpreters)
    module, _, attribute = target.partition(":")
    application: Callable[..., Any] = getattr(import_module(module), attribute)
    return application


def _work(host: str, port: int, settings: env.Settings) -> None:
    from celery import signals  # the other kinds do without

    from fairgate.core.celery import app
    from fairgate.core.task_figures import of_worker

    name = secrets.token_hex(8)

    def tell_of_child(**_: object) -> None:
        metrics.renew()
        metrics.expose(*of_worker())
        traces.configure("worker", settings.traced_share)
        workers.join(name, settings.worker_children)

    signals.worker_process_init.connect(tell_of_child, weak=False)
    signals.worker_process_shutdown.connect(lambda **_: traces.stop(), weak=False)
    workers.join(name, settings.worker_children, is_parent=True)
    is_ready = threading.Event()
    signals.worker_ready.connect(lambda **_: is_ready.set(), weak=False)
    signals.worker_shutting_down.connect(lambda **_: is_ready.clear(), weak=False)
    health.serve(f"{host}:{port}", is_ready.is_set)
    app.worker_main(
        [
            *(
                "worker",
                "--pool=prefork",
                f"--concurrency={settings.worker_children}",
                f"--loglevel={settings.log_level}",
            ),
            f"--queues={QUEUES}",
            # Workers need not know of each other; each of these costs broker traffic for nothing.
            *("--without-gossip", "--without-mingle", "--without-heartbeat"),
        ]
    )


def _beat(host: str, port: int, settings: env.Settings) -> None:
    from celery.signals import beat_init  # the other kinds do without

    from fairgate.core.celery import app
    from fairgate.core.figures import beat
    from fairgate.runtime.archive_folder import archive_of
    from fairgate.runtime.copies import Copies

    copies = Copies(Installation(settings.data_dir), archive_of(os.environ))
    metrics.expose(beat.of_beat(), copies.told)
    beat.start(settings)
    copies.watch()
    is_ready = threading.Event()
    beat_init.connect(lambda **_: is_ready.set(), weak=False)
    health.serve(f"{host}:{port}", is_ready.is_set)
    # The plain scheduler remembers nothing on disk, so that no half-written file can keep beat from starting.
    app.Beat(scheduler_cls="celery.beat:Scheduler", loglevel=settings.log_level, quiet=True).run()


def _relay(host: str, port: int, settings: env.Settings) -> None:
    from fairgate.outbox import relay  # the other kinds do without

    stop = threading.Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    health.serve(f"{host}:{port}", lambda: not stop.is_set())
    traces.configure("relay", settings.traced_share)
    try:
        relay.run(settings, stop)
    finally:
        traces.stop()


RUNNERS: dict[str, Callable[[str, int, env.Settings], None]] = {
    "web": _serve("web"),
    "stock": _serve("stock"),
    "gate": _serve("gate"),
    "worker": _work,
    "beat": _beat,
    "relay": _relay,
}
