"""What is seen while it runs: a table that stays in its place, or a line now and then where there is no terminal."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.table import Table

from fairgate.rehearsal.words import ms

LINE_EVERY_S = 10.0


class Progress:
    """On stderr: what is asked for with --json alone goes to stdout."""

    def __init__(self, title: str, buyers: int, places: int) -> None:
        self._title, self._buyers, self._places = title, buyers, places
        self._console = Console(stderr=True, highlight=False)
        self._live = Live(console=self._console, auto_refresh=False) if self._console.is_terminal else None
        self._next_line = 0.0

    def __enter__(self) -> Progress:
        if self._live:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live:
            self._live.stop()

    def say(self, sentence: str) -> None:
        self._console.print(sentence, soft_wrap=True)

    def show(self, now: Mapping[str, Any]) -> None:
        if self._live:
            self._live.update(self._table(now), refresh=True)
        elif now["at"] >= self._next_line:
            self._next_line = now["at"] + LINE_EVERY_S
            self.say(", ".join(f"{name} {value}" for name, value in self._rows(now)))

    def _table(self, now: Mapping[str, Any]) -> Table:
        table = Table(title=self._title, title_justify="left", show_header=False, box=None)
        table.add_column(style="dim")
        table.add_column(justify="right")
        for name, value in self._rows(now):
            table.add_row(name, value)
        return table

    def _rows(self, now: Mapping[str, Any]) -> list[tuple[str, str]]:
        return [
            ("seconds", f"{now['at']:,.0f}"),
            ("came", f"{now['came']:,} of {self._buyers:,}"),
            ("in the shop", f"{now['in_shop']:,}"),
            ("sold", f"{now['places']:,} of {self._places:,}"),
            ("orders", f"{now['orders']:,}"),
            ("refused", f"{now['refused']:,}"),
            ("told to wait", f"{now['told_to_wait']:,}"),
            ("errors", f"{now['errors']:,}"),
            ("half answered in", ms(now["median_ms"])),
            ("95 of 100 in", ms(now["p95_ms"])),
        ]
