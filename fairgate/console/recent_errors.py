"""The latest warnings and errors that this process wrote to its log, for the operator's page. Without texts of others:
they may quote a person; ours name what happened and the kind of the error."""

from __future__ import annotations

import logging
from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime

KEPT = 20
# What is told for each slow request says nothing about an error.
NO_ERRORS = frozenset({"slow_request", "slow_task", "slow_batch", "slow_statement"})


@dataclass(frozen=True)
class Told:
    at: datetime
    what: str
    error: str
    request_id: str
    is_error: bool


class Recent(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._told: deque[Told] = deque(maxlen=KEPT)

    def emit(self, record: logging.LogRecord) -> None:
        said = record.msg if isinstance(record.msg, dict) else {}
        what = str(said.get("event", record.name))
        if what in NO_ERRORS:
            return
        at = datetime.fromtimestamp(record.created, UTC)
        is_error = record.levelno >= logging.ERROR
        self._told.append(Told(at, what[:80], _kind(record, said), str(said.get("request_id", "")), is_error))

    def latest(self) -> list[Told]:
        return list(reversed(self._told))


def _kind(record: logging.LogRecord, said: dict[str, object]) -> str:
    """The class alone: the text of a database's error quotes the row."""
    if record.exc_info and record.exc_info[0]:
        return record.exc_info[0].__name__
    told = str(said.get("error", ""))
    return told.partition(":")[0][:80]


recent = Recent()


def listen() -> None:
    """After the logs of the process are set up, which forgets all handlers."""
    root = logging.getLogger()
    if recent not in root.handlers:
        root.addHandler(recent)
