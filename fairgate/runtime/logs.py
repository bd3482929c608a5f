"""`fairgate logs`: what all processes of an installation wrote, in order of time; or one request's story.

A purchase takes several requests: one keeps the places, others show them, one makes the order. What knows the purchase
writes the same short word into its line (`lib.ids.short`), so whoever asks for one of them is told of all.
"""

from __future__ import annotations

import heapq
import json
import re
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice

import click
from rich.console import Console

from fairgate.runtime import logs_files, logs_follow, logs_show
from fairgate.runtime.errors import CannotStart
from fairgate.runtime.installation import Installation
from fairgate.runtime.logs_lines import Line

UNITS_S = {"s": 1, "m": 60, "h": 3600, "d": 86400}
AGO = re.compile(r"(\d{1,6})([smhd])")
ID = re.compile(r"[0-9A-Za-z_.-]{1,64}")
# One request's lines are put in order of their beginnings, for which all are needed. It has a dozen.
MOST_OF_ONE = 10_000
# Of one purchase. Who looks at an order every minute should not make its story unreadable.
MOST_REQUESTS = 50

# By process, as logs_files.find tells them.
Files = dict[str, list[logs_files.LogFile]]


@dataclass(frozen=True)
class Wish:
    request: str = ""
    service: str = ""
    since: str = ""
    level: str = "debug"
    follow: bool = False

    def has(self, line: Line) -> bool:
        return line.is_as_bad_as(self.level) and (not self.request or bool(line.of((self.request,))))


def show(installation: Installation, wish: Wish, *, as_json: bool, console: Console) -> int:
    """1 if a request is asked for that no line knows."""
    chosen = _choose(installation, wish)
    since = _since(wish.since)
    if wish.follow:
        for line in _from_now_on(installation, wish, since):
            if as_json:
                console.file.write(json.dumps(line.as_json()) + "\n")
            else:
                logs_show.line(line, console)
            console.file.flush()
    elif wish.request:
        requests = _same_purchase(installation, wish.request, since)
        story = _in_order_of_beginning(line for line in _of(chosen, requests, since) if line.is_as_bad_as(wish.level))
        if not story:
            click.echo(f"fairgate: No line in {installation.logs} knows the request {wish.request}.", err=True)
            return 1
        if as_json:
            told = {"request_id": wish.request, "requests": requests, "lines": [line.as_json() for line in story]}
            console.file.write(json.dumps(told) + "\n")
        else:
            logs_show.story(wish.request, requests, story, console)
    elif as_json:
        _write_object(gather(chosen, wish, since), console.file.write)
    else:
        for line in gather(chosen, wish, since):
            logs_show.line(line, console)
    return 0


def _in_order_of_beginning(found: Iterator[Line]) -> list[Line]:
    return sorted(islice(found, MOST_OF_ONE), key=lambda line: line.began)


def gather(chosen: Files, wish: Wish, since: float | None) -> Iterator[Line]:
    return (line for line in _merged(chosen, since, (wish.request,) if wish.request else ()) if wish.has(line))


def _same_purchase(installation: Installation, request: str, since: float | None) -> list[str]:
    """The request and the others of its purchase, in order of their beginnings."""
    # Not every process knows the purchase, so all are asked.
    files = logs_files.find(installation.logs)
    purchases = {line.purchase for line in _of(files, (request,), since)} - {""}
    if not purchases:
        return [request]
    began: dict[str, float] = {}
    for line in _merged(files, since, purchases):
        if line.purchase in purchases and ID.fullmatch(other := str(line.facts.get("request_id", ""))):
            began[other] = min(line.began, began.get(other, line.began))
    found = sorted(began, key=began.__getitem__)[:MOST_REQUESTS]
    return found if request in found else [*found, request]


def _of(files: Files, requests: Collection[str], since: float | None) -> Iterator[Line]:
    return (line for line in _merged(files, since, requests) if line.of(requests))


def _merged(files: Files, since: float | None, words: Collection[str]) -> Iterator[Line]:
    """In order of time; with words, only what has one of them somewhere."""
    needles = [word.encode() for word in words]
    return heapq.merge(*(logs_files.lines(its, since, needles) for its in files.values()), key=lambda line: line.at)


def _from_now_on(installation: Installation, wish: Wish, since: float | None) -> Iterator[Line]:
    """After what was before, if that is asked for."""
    follower = logs_follow.Follower(lambda: _choose(installation, wish))
    follower.look()
    if since is not None:
        yield from gather(_choose(installation, wish), wish, since)
    yield from (line for line in follower.lines() if wish.has(line))


def _write_object(found: Iterator[Line], write: Callable[[str], object]) -> None:
    """One object, however long it becomes."""
    write('{"lines": [')
    for number, line in enumerate(found):
        write(("," if number else "") + "\n" + json.dumps(line.as_json()))
    write("\n]}\n")


def _choose(installation: Installation, wish: Wish) -> Files:
    if wish.request and not ID.fullmatch(wish.request):
        raise CannotStart("--request takes the id that every answer names in its header X-Request-Id.")
    if not installation.logs.is_dir():
        raise CannotStart(f"There are no logs in {installation.root}; name an installation's folder with --data DIR.")
    files = logs_files.find(installation.logs)
    chosen = {name: its for name, its in files.items() if not wish.service or _is_of(name, wish.service)}
    if wish.service and not chosen:
        kinds = sorted({re.sub(r"-\d+$", "", name) for name in files})
        raise CannotStart(f"No process {wish.service} has a log; there are {', '.join(kinds) or 'none'}.")
    return chosen


def _is_of(name: str, service: str) -> bool:
    """`web` is every web process, `web-2` the second."""
    return name == service or re.sub(r"-\d+$", "", name) == service


def _since(text: str) -> float | None:
    if not text:
        return None
    if ago := AGO.fullmatch(text):
        return time.time() - int(ago[1]) * UNITS_S[ago[2]]
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise CannotStart(f"--since {text} is no time; write 90s, 5m, 2h, 1d or 2026-05-01T18:00:00Z.") from None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
