"""`fairgate up`: start everything, say where it is, and stay until told to end."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from fairgate.runtime import control, rolling
from fairgate.runtime.errors import CannotStart
from fairgate.runtime.installation import Installation
from fairgate.runtime.process import last_line
from fairgate.runtime.status import describe
from fairgate.runtime.supervisor import Supervisor
from fairgate.runtime.view import View, say
from fairgate.runtime.wish import Wish, check_counts, check_kinds

DEMO = """\
  sign in  olga@example.org (organizer), gail@example.org (at the gate) or operator@example.org, password fairgate-demo
"""


def up(installation: Installation, wish: Wish) -> None:
    _check(wish)
    installation.create_folders()
    lock = installation.take_lock()
    try:
        asyncio.run(_run(installation, wish))
    except OSError as error:
        place = error.filename or installation.root
        raise CannotStart(f"{place}: {error.strerror or error}; see {installation.logs}.") from None
    finally:
        os.close(lock)


def up_detached(installation: Installation, wish: Wish) -> None:
    """Start the supervisor in a session of its own and return when its door answers."""
    _check(wish)
    installation.create_folders()
    os.close(installation.take_lock())
    log = installation.logs / "supervisor.log"
    with log.open("ab") as output:
        child = subprocess.Popen(
            [sys.executable, "-m", "fairgate", "up", *_as_arguments(installation, wish)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    answer = _wait_for_door(installation, child)
    if answer is None:
        said = last_line(log)
        raise CannotStart(said.removeprefix("fairgate: ") or f"Fairgate did not start; see {log}.")
    _say_addresses(installation, wish, pid=child.pid)


def _as_arguments(installation: Installation, wish: Wish) -> list[str]:
    words = ["--data", str(installation.root), "--port", str(wish.port), "--bind", wish.bind]
    words += [word for kind, count in (wish.counts or {}).items() for word in (f"--{kind}", str(count))]
    if wish.certificate is not None:
        words += ["--tls-cert", str(wish.certificate)]
    words += ["--cache", wish.cache]
    words += ["--replicas", str(wish.replicas)]
    words += ["--synchronous"] if wish.synchronous else []
    words += ["--archive", str(wish.archive)] if wish.archive else []
    words += ["--prometheus", str(wish.prometheus)] if wish.prometheus else []
    return [*words, "--demo"] if wish.demo else words


def _wait_for_door(installation: Installation, child: subprocess.Popen[bytes]) -> dict[str, Any] | None:
    while child.poll() is None:
        with contextlib.suppress(CannotStart):
            answer = control.ask(installation, {"do": "wait"}, timeout_s=900)
            if answer.get("is_up"):
                return answer
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(0.1)
    return None


def _check(wish: Wish) -> None:
    if not sys.platform.startswith("linux"):
        raise CannotStart("`fairgate up` needs Linux; elsewhere run it in a container or a virtual machine.")
    wish.check()


async def _run(installation: Installation, wish: Wish) -> None:
    view = View()
    supervisor = Supervisor(installation, wish, view.note)
    stop = supervisor.stop_requested
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, stop.set)
    view.start()
    starting = asyncio.create_task(supervisor.start())
    server = await control.serve(installation, _handler(supervisor, starting))
    try:
        await _first_of(starting, stop)
        view.finish()
        if not stop.is_set():
            _say_addresses(installation, wish)
            await supervisor.serve()
    finally:
        view.finish()
        server.close()
        starting.cancel()
        with contextlib.suppress(asyncio.CancelledError, CannotStart):
            await starting
        await supervisor.stop()


async def _first_of(starting: asyncio.Task[None], stop: asyncio.Event) -> None:
    """Ctrl-C must not wait for a start that hangs."""
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({starting, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if starting.done():
        starting.result()


def _handler(supervisor: Supervisor, starting: asyncio.Task[None]) -> control.Handler:
    async def handle(question: dict[str, Any]) -> dict[str, Any]:
        match question.get("do"):
            case "status":
                return await describe(supervisor)
            case "wait":
                await asyncio.wait({starting})
                return {"is_up": not starting.cancelled() and starting.exception() is None}
            case "scale":
                counts: Mapping[str, int] = question["counts"]
                check_counts(counts)
                _check_started(starting)
                await supervisor.change(partial(rolling.scale, supervisor, counts))
                return {}
            case "restart":
                kinds: Sequence[str] = question["kinds"]
                check_kinds(kinds)
                _check_started(starting)
                return {"restarted": await supervisor.change(partial(rolling.restart, supervisor, kinds))}
            case "failover":
                _check_started(starting)
                if supervisor.failover is None:
                    raise CannotStart("FAIRGATE_DATABASE_URL names a server of your own; promote its standby there.")
                return {"primary": await supervisor.failover.wanted()}
            case "down":
                supervisor.stop_requested.set()
                return {"pid": os.getpid()}
        raise CannotStart("This Fairgate does not know that command; it may be of another version.")

    return handle


def _check_started(starting: asyncio.Task[None]) -> None:
    if not starting.done():
        raise CannotStart("Fairgate is still starting; try again in a moment.")


def _say_addresses(installation: Installation, wish: Wish, pid: int | None = None) -> None:
    url = os.environ.get("FAIRGATE_PUBLIC_URL") or wish.public_url
    say("")
    say(f"Fairgate is up: {url}/")
    say(f"  console  {url}/console/    gate  {url}/gate/")
    if wish.demo:
        say(DEMO.rstrip())
    if wish.bind in ("0.0.0.0", "::") and not os.environ.get("FAIRGATE_PUBLIC_URL"):
        say("  note     other machines are refused until FAIRGATE_PUBLIC_URL says under which address they reach it")
    if not os.environ.get("FAIRGATE_EMAIL_URL"):
        say(f"  mail     {_short(installation.mail)} (as .eml files; set FAIRGATE_EMAIL_URL to send it)")
    say(f"  logs     {_short(installation.logs)}")
    if wish.prometheus:
        say(f"  figures  http://127.0.0.1:{wish.prometheus}/ (Prometheus)")
    if pid is None:
        say("  Ctrl-C stops everything.")
    else:
        say(f"  `fairgate down --data {_short(installation.root)}` stops everything (supervisor: {pid}).")


def _short(path: Path) -> str:
    try:
        return os.path.join(".", path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
