from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db.models import F
from django.db.models.functions import Now

from fairgate.lib import ids
from fairgate.stock import tasks
from fairgate.stock.models import Hold

pytestmark = pytest.mark.django_db


def test_keys_are_forgotten_after_a_day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "BATCH", 2)
    old = [_hold(hours=25) for _ in range(5)]
    young = _hold(hours=23)

    tasks.forget_idempotency_keys()

    kept = Hold.objects.exclude(idempotency_key=None)
    assert [hold.pk for hold in kept] == [young.pk]
    assert Hold.objects.filter(pk__in=[hold.pk for hold in old], idempotency_key=None).count() == 5


def _hold(*, hours: int) -> Hold:
    hold = Hold.objects.create(
        id=ids.uuid7(), event_id=1, idempotency_key=uuid4(), fingerprint=uuid4(), expires_at=Now()
    )
    Hold.objects.filter(pk=hold.pk).update(created_at=F("created_at") - timedelta(hours=hours))
    return hold
