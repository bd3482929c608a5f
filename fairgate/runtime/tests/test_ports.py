from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fairgate.runtime.installation import installation
from fairgate.runtime.ports import FIRST, LAST, Ports, is_free

OpenPorts = Callable[[str], Ports]


@pytest.fixture
def ports(tmp_path: Path) -> Iterator[OpenPorts]:
    """The ports of an installation by its name; asked again, those of its next start."""
    opened: dict[str, Ports] = {}

    def open_ports(name: str) -> Ports:
        if name in opened:
            opened[name].release()
        made = installation(tmp_path / name)
        made.create_folders()
        opened[name] = Ports(made)
        return opened[name]

    yield open_ports
    for one in opened.values():
        one.release()


def test_ports_are_below_those_of_outgoing_connections(ports: OpenPorts) -> None:
    assert FIRST <= ports("a").of("web-1") <= LAST < 32768


def test_each_process_has_a_port_of_its_own(ports: OpenPorts) -> None:
    mine = ports("a")

    assert len({mine.of("web-1"), mine.of("web-2"), mine.of("stock-1")}) == 3
    assert mine.of("web-1") == mine.of("web-1")


def test_a_process_keeps_its_port_from_start_to_start(ports: OpenPorts) -> None:
    first = ports("a").of("web-1")

    assert ports("a").of("web-1") == first


def test_a_port_that_somebody_took_meanwhile_is_replaced(ports: OpenPorts) -> None:
    first = ports("a").of("web-1")

    with socket.socket() as other:
        other.bind(("127.0.0.1", first))
        assert ports("a").of("web-1") != first


def test_a_port_is_ours_before_anyone_listens_on_it(ports: OpenPorts, tmp_path: Path) -> None:
    """Two supervisors in the same moment, with the same port in mind: nobody listens yet, so it looks free to both."""
    port = ports("a").of("web-1")
    (tmp_path / "b/run").mkdir(parents=True)
    (tmp_path / "b/run/ports.json").write_text(json.dumps({"web-1": port}))

    assert is_free(port)
    assert ports("b").of("web-1") != port


def test_a_damaged_memory_is_no_reason_to_refuse(ports: OpenPorts, tmp_path: Path) -> None:
    (tmp_path / "a/run").mkdir(parents=True)
    (tmp_path / "a/run/ports.json").write_text('{"web-1": ')

    assert FIRST <= ports("a").of("web-1") <= LAST
