"""Breaks processes while the sale goes on, one of each kind, and sees how long they are away. No Django."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

from fairgate.rehearsal.site import Site

# At which parts of the time in which buyers come.
WHEN = (("web", 0.2), ("stock", 0.35), ("worker", 0.5))
LOOK_EVERY_S = 0.2
BACK_WITHIN_S = 60.0


@dataclass
class Faults:
    site: Site
    seconds: float
    told: list[str] = field(default_factory=list)
    _is_over: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def begin(self) -> None:
        self._thread = threading.Thread(target=self._break, name="faults", daemon=True)
        self._thread.start()

    def end(self) -> None:
        """When all are back."""
        self._is_over.set()
        if self._thread:
            self._thread.join()

    def _break(self) -> None:
        began = time.monotonic()
        for kind, part in WHEN:
            if self._is_over.wait(max(0.0, began + part * self.seconds - time.monotonic())):
                return
            self._break_one(kind, time.monotonic() - began)

    def _break_one(self, kind: str, at: float) -> None:
        process = self.site.kill(kind)
        if process is None:
            self.told.append(f"No {kind} process ran, so none was killed.")
            return
        away = self._seconds_until_back(kind, process["index"], process["pid"])
        name = f"{kind}-{process['index']}"
        back = f"ready again after {away:.1f} s" if away is not None else f"not back within {BACK_WITHIN_S:.0f} s"
        self.told.append(f"{name} was killed {at:.0f} s after the opening, and was {back}.")

    def _seconds_until_back(self, kind: str, index: int, pid: int) -> float | None:
        began = time.monotonic()
        while time.monotonic() - began < BACK_WITHIN_S:
            time.sleep(LOOK_EVERY_S)
            for process in self.site.processes():
                is_it = (process["name"], process["index"]) == (kind, index)
                if is_it and process["state"] == "ready" and process["pid"] not in (None, pid):
                    return time.monotonic() - began
        return None
