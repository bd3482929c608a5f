"""Several who are busy at the same time, each in a thread."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable


def together(count: int, turns: Callable[[int], Iterable[object]]) -> None:
    """Take the turns of each number below `count`, until all are through or one fails; then raise why."""
    failures: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for _turn in turns(number):
                if failures:
                    return
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,), daemon=True) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
