"""Buyers against a server that answers as a door does, also as it does on a bad day."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress

import pytest

from fairgate.rehearsal.engine import Ask, Engine, Note
from fairgate.rehearsal.wire import Address, Answer

Say = Callable[[int, bytes], bytes | None]
Script = Generator[Ask | float, Answer | None, None]
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
# After this the door ends the connection.
END = b"(end)"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"


@contextmanager
def door(say: Say) -> Iterator[Address]:
    """`say` gets how many requests its connection had before, and the request; None ends the connection."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve(connection: socket.socket) -> None:
            with connection, suppress(OSError):
                number = 0
                while request := connection.recv(65536):
                    answer = say(number, request)
                    if answer is None:
                        return
                    number += 1
                    whole = answer.removesuffix(END)
                    for start in range(0, len(whole), 7):
                        connection.sendall(whole[start : start + 7])
                    if whole != answer:
                        return

        def accept() -> None:
            with suppress(OSError):
                while True:
                    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        port = listener.getsockname()[1]
        yield Address("127.0.0.1", port, f"127.0.0.1:{port}")
        listener.shutdown(socket.SHUT_RDWR)


class Run:
    def __init__(self, address: Address) -> None:
        self.notes: list[Note] = []
        self.pairs: list[tuple[int, bytes, bytes]] = []
        self.engine = Engine(
            address,
            lambda note, _answer: self.notes.append(note),
            lambda buyer, one, other: self.pairs.append((buyer, one.body, other.body)),
        )

    def of(self, *scripts: Script) -> list[tuple[int, int]]:
        for number, script in enumerate(scripts):
            self.engine.add(number, 0.0, script)
        self.engine.run(lambda _now: True)
        return [(step, status) for _buyer, step, _began, _ms, status in self.notes]


def chain(*scripts: Script) -> Script:
    for script in scripts:
        yield from script


def ask(*steps: int, is_twice: bool = False, heard: list[Answer] | None = None) -> Script:
    for step in steps:
        answer = yield Ask(step, f"GET /{step} HTTP/1.1\r\n\r\n".encode(), is_twice)
        if heard is not None and answer is not None:
            heard.append(answer)


def test_a_connection_is_kept_for_the_next_request() -> None:
    before: list[int] = []

    def say(number: int, _request: bytes) -> bytes:
        before.append(number)
        return OK

    with door(say) as address:
        assert Run(address).of(ask(0, 1, 2)) == [(0, 200), (1, 200), (2, 200)]

    assert before == [0, 1, 2]


@pytest.mark.parametrize("answer", [OK, CHUNKED], ids=["length", "chunks"])
def test_an_answer_that_comes_in_pieces_is_heard_whole(answer: bytes) -> None:
    heard: list[Answer] = []

    with door(lambda _number, _request: answer) as address:
        Run(address).of(ask(0, 1, heard=heard))

    assert [one.body for one in heard] == [answer.partition(b"\r\n\r\n")[2]] * 2


def test_a_kept_connection_that_has_ended_meanwhile_is_replaced() -> None:
    with door(lambda number, _request: None if number else OK) as address:
        assert Run(address).of(ask(0, 1)) == [(0, 200), (1, 200)]


def test_no_answer_is_told_as_none() -> None:
    with door(lambda _number, _request: None) as address:
        assert Run(address).of(ask(0)) == [(0, 0)]


def test_a_door_that_is_not_there_is_no_answer() -> None:
    with door(lambda _number, _request: OK) as address:
        pass

    assert Run(address).of(ask(0)) == [(0, 0)]


@pytest.mark.parametrize("header", [b"Connection: close\r\n", b""], ids=["told", "untold"])
def test_a_click_that_was_answered_is_not_sent_anew_when_its_connection_ends(header: bytes) -> None:
    """A crowded door ends each with its answer, while that to the second click is still awaited."""
    asked: list[bytes] = []
    is_over = threading.Event()

    def say(number: int, request: bytes) -> bytes | None:
        asked.append(request.split(b" ")[1])
        if request.startswith(b"GET /1 ") and not number:
            is_over.wait(5)
        if request.startswith(b"GET /1 ") and number:
            threading.Timer(0.2, is_over.set).start()
            return OK.replace(b"\r\n\r\n", b"\r\n" + header + b"\r\n") + END
        return OK

    with door(say) as address:
        run = Run(address)
        run.engine.add(0, 0.0, chain(ask(0), ask(1, is_twice=True), ask(2)))
        run.engine.run(lambda _now: True)

    assert [(step, status) for _buyer, step, _began, _ms, status in run.notes] == [(0, 200), (1, 200), (2, 200)]
    assert sorted(asked) == [b"/0", b"/1", b"/1", b"/2"]


def test_a_double_click_asks_twice_and_goes_on_once() -> None:
    asked: list[bytes] = []

    def say(_number: int, request: bytes) -> bytes:
        asked.append(request)
        return OK

    with door(say) as address:
        run = Run(address)

        assert run.of(ask(0, 1, is_twice=True)) == [(0, 200), (1, 200)]

    assert len(asked) == 4
    assert run.pairs == [(0, b"ok", b"ok")] * 2


def test_who_waits_holds_up_nobody() -> None:
    order: list[str] = []

    def waits() -> Script:
        yield 0.2
        order.append("waited")

    def asks() -> Script:
        yield Ask(0, b"GET / HTTP/1.1\r\n\r\n")
        order.append("asked")

    with door(lambda _number, _request: OK) as address:
        Run(address).of(waits(), *(asks() for _ in range(50)))

    assert order == ["asked"] * 50 + ["waited"]


def test_everybody_hears_her_own_answer() -> None:
    """Connections end and begin all the time, so that numbers of files are used again at once."""
    wrong: list[tuple[int, bytes]] = []

    def say(number: int, request: bytes) -> bytes | None:
        if number == 2:
            return None
        path = request.split()[1]
        return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(path), path)

    def asks(buyer: int) -> Script:
        for turn in range(8):
            path = f"/{buyer}/{turn}".encode()
            answer = yield Ask(0, b"GET %b HTTP/1.1\r\n\r\n" % path, is_twice=turn % 3 == 0)
            if answer is None or (answer.status and answer.body != path):
                wrong.append((buyer, path))

    with door(say) as address:
        run = Run(address)
        run.of(*(asks(buyer) for buyer in range(100)))

    assert wrong == []
    assert len(run.notes) == 800


def test_it_ends_when_it_is_told_to() -> None:
    def for_ever() -> Script:
        while True:
            yield 0.01

    with door(lambda _number, _request: OK) as address:
        engine = Run(address).engine
        engine.add(0, 0.0, for_ever())
        seconds: list[float] = []
        engine.run(lambda now: not (seconds.append(now) or len(seconds) > 1))

    assert len(seconds) == 2
