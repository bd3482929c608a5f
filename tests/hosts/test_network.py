"""The hosts of these tests go with everything that runs on them, however a test ends."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from contextlib import suppress

import pytest

from tests.hosts import network
from tests.hosts.network import Host, Network

pytestmark = pytest.mark.skipif(not network.is_possible(), reason=network.NEEDED)
HERE, THERE = Host("here", "10.77.0.2"), Host("there", "10.77.0.3")


def test_nothing_is_left_of_a_test_that_fails() -> None:
    with suppress(ZeroDivisionError), Network(HERE):
        with HERE.entered():
            sleeper = subprocess.Popen(["sleep", "600"])
        assert HERE.processes() == [sleeper.pid]
        assert network.namespaces() == {HERE.namespace, f"fairgate-{os.getpid()}-street"}
        1 / 0  # noqa: B018

    assert sleeper.wait(10) == -signal.SIGKILL
    assert network.namespaces() == set()


def test_a_host_is_reached_until_it_is_cut_off() -> None:
    with Network(HERE, THERE) as both:
        with THERE.entered():
            listener = socket.create_server((THERE.address, 8000))
        with listener, HERE.entered():
            socket.create_connection((THERE.address, 8000), 10).close()

            both.cut_off(THERE)
            with pytest.raises(OSError, match=r"timed out|No route"):
                socket.create_connection((THERE.address, 8000), 1)

            both.heal(THERE)
            socket.create_connection((THERE.address, 8000), 10).close()
