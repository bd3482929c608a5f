from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from kombu.transport import virtual

from fairgate.core import broker
from fairgate.core.celery import app


class StandingStill:
    do_restore = False

    def conn_or_acquire(self, client: Any = None) -> Any:
        raise TimeoutError


@pytest.mark.parametrize("answer", [broker.QoS.ack, broker.QoS.reject])
def test_a_message_whose_acknowledgment_is_lost_makes_room_for_the_next(answer: Callable[..., None]) -> None:
    qos = broker.QoS(StandingStill(), prefetch_count=1)
    virtual.QoS.append(qos, "message", "tag")

    with pytest.raises(TimeoutError):
        answer(qos, "tag")

    assert qos.can_consume()


def test_the_worker_uses_it() -> None:
    assert app.connection_for_read().get_transport_cls() is broker.Transport
