"""One child process: started, waited for until it answers, started again with growing pauses when it ends."""

from __future__ import annotations

import asyncio
import contextlib
import re
import signal
import subprocess
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from fairgate.runtime.errors import CannotStart

FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.1, 30.0
# One that lived this long was well; its next end is a new story and gets a short pause again.
STEADY_S = 30.0
ATTEMPTS_AT_START = 3
EXCEPTION = re.compile(r"[\w.]+(Error|Exception|Configured|NotFound|Exit): ")


@dataclass(frozen=True)
class Program:
    """What to start, and how to tell that it is well."""

    kind: str
    index: int
    port: int
    log: Path
    launch: Callable[[], subprocess.Popen[bytes]]
    answers: Callable[[], Awaitable[bool]]
    stop_signal: signal.Signals = signal.SIGTERM
    start_timeout_s: float = 60.0
    grace_s: float = 10.0
    # What must be done before each launch, however long it takes.
    get_ready: Callable[[], Awaitable[None]] | None = None

    @property
    def name(self) -> str:
        return f"{self.kind}-{self.index}"


class Process:
    """States: stopped, starting, ready, waiting (it ended; a pause runs before the next attempt)."""

    def __init__(self, program: Program, on_change: Callable[[Process], None]) -> None:
        self.program = program
        self.state = "stopped"
        self.restarts = 0
        self.last_exit = ""
        self._on_change = on_change
        self._child: subprocess.Popen[bytes] | None = None
        self._ended = asyncio.Event()
        self._keeper: asyncio.Task[None] | None = None
        self._is_stopping = False

    @property
    def pid(self) -> int | None:
        return self._child.pid if self._child else None

    async def start(self) -> None:
        """Return when it answers for the first time; raise CannotStart when it does not."""
        self._is_stopping = False
        first_answer: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._keeper = asyncio.create_task(self._keep(first_answer))
        await first_answer

    async def stop(self, grace_s: float | None = None) -> None:
        self._is_stopping = True
        child = self._child
        if child is not None:
            _signal(child, self.program.stop_signal)
            try:
                await asyncio.wait_for(self._ended.wait(), grace_s or self.program.grace_s)
            except TimeoutError:
                _signal(child, signal.SIGKILL)
                await self._ended.wait()
        if self._keeper is not None:
            self._keeper.cancel()
            with contextlib.suppress(asyncio.CancelledError, CannotStart):
                await self._keeper
        self._change("stopped")

    def reap(self) -> None:
        """Called whenever some child ended: was it ours?"""
        if self._child is not None and self._child.poll() is not None:
            self.last_exit = _exit_in_words(self._child.returncode)
            self._child = None
            self._ended.set()

    async def _keep(self, first_answer: asyncio.Future[None]) -> None:
        try:
            await self._keep_running(first_answer)
        except (CannotStart, OSError) as error:
            self._change("stopped")
            if not first_answer.done():
                first_answer.set_exception(error)
        finally:
            if not first_answer.done():
                first_answer.cancel()

    async def _keep_running(self, first_answer: asyncio.Future[None]) -> None:
        pause, attempts = FIRST_PAUSE_S, 0
        while not self._is_stopping:
            started = time.monotonic()
            attempts += 1
            await self._launch(is_first=not first_answer.done())
            if await self._answers_in_time():
                self._change("ready")
                if not first_answer.done():
                    first_answer.set_result(None)
            await self._ended.wait()
            if self._is_stopping:
                return
            if not first_answer.done() and attempts >= ATTEMPTS_AT_START:
                raise self._gave_up()
            if time.monotonic() - started > STEADY_S:
                pause = FIRST_PAUSE_S
            self.restarts += 1
            self._change("waiting")
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE_S)

    async def _launch(self, *, is_first: bool) -> None:
        """What cannot be started now, say while a package is being replaced, may be startable after the next pause."""
        self._ended.clear()
        try:
            if self.program.get_ready is not None:
                await self.program.get_ready()
            self._child = self.program.launch()
        except (CannotStart, OSError) as error:
            if is_first:
                raise
            self.last_exit = f"could not be started: {error}"
            self._ended.set()
        else:
            self._change("starting")

    async def _answers_in_time(self) -> bool:
        deadline = time.monotonic() + self.program.start_timeout_s
        between_s = 0.03
        while not self._ended.is_set():
            if await self.program.answers():
                # Whatever answered, a child that has ended meanwhile was not it.
                return not self._ended.is_set()
            if time.monotonic() > deadline:
                self.last_exit = f"did not answer within {self.program.start_timeout_s:.0f} s"
                if self._child is not None:
                    _signal(self._child, signal.SIGKILL)
                return False
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._ended.wait(), between_s)
            between_s = min(between_s * 1.2, 1.0)
        return False

    def _gave_up(self) -> CannotStart:
        reason = last_words(self.program.log)
        said = f' and last said "{reason}"' if reason else ""
        return CannotStart(f"{self.program.name} does not start: it {self.last_exit}{said}; see {self.program.log}.")

    def _change(self, state: str) -> None:
        self.state = state
        self._on_change(self)


def _signal(child: subprocess.Popen[bytes], number: signal.Signals) -> None:
    # Popen's own method knows a child that was reaped already, whose number may be someone else's by now.
    with contextlib.suppress(ProcessLookupError):
        child.send_signal(number)


def _exit_in_words(code: int) -> str:
    if code >= 0:
        return f"ended with code {code}"
    return f"was ended by {signal.Signals(-code).name}"


def last_words(log: Path) -> str:
    """Why it ended: the last exception if there is one near the end, since those around it only report the end."""
    lines = _last_lines(log)
    exceptions = [line for line in lines if EXCEPTION.match(line)]
    return ((exceptions or lines or [""])[-1])[:200]


def last_line(log: Path, length: int = 600) -> str:
    return (_last_lines(log) or [""])[-1][:length]


def _last_lines(log: Path) -> list[str]:
    try:
        with log.open("rb") as file:
            file.seek(0, 2)
            file.seek(max(0, file.tell() - 4096))
            return [line.strip() for line in file.read().decode(errors="replace").splitlines() if line.strip()]
    except OSError:
        return []
