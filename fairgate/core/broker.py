"""Celery's transport for Valkey, where a lost acknowledgment does not stop the worker.

A worker takes a new message when fewer than it may have are unacknowledged. If Valkey stands still for longer than the
timeout, the acknowledgment of a finished message fails; Celery logs that, and kombu would count the message as being
worked on for ever: with one child, that worker never takes another, while it looks well. Here it is no longer counted.
Valkey gives the message out again after the visibility timeout, and its task finds nothing left to do.
"""

from __future__ import annotations

from kombu.transport import redis, virtual


class QoS(redis.QoS):
    def ack(self, delivery_tag: str) -> None:
        try:
            super().ack(delivery_tag)
        finally:
            virtual.QoS.ack(self, delivery_tag)

    def reject(self, delivery_tag: str, requeue: bool = False) -> None:
        try:
            super().reject(delivery_tag, requeue)
        finally:
            virtual.QoS.ack(self, delivery_tag)


class Channel(redis.Channel):
    QoS = QoS


class Transport(redis.Transport):
    Channel = Channel
