from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connections, transaction

from fairgate.lib import clock
from fairgate.orders.models import MailAsked
from fairgate.orders.pestering import PAUSE, may_mail
from fairgate.orders.tasks import forget_mail_asked


@pytest.mark.django_db
def test_a_mail_is_granted_again_after_a_pause() -> None:
    assert [may_mail("confirm", "ben"), may_mail("confirm", "ben"), may_mail("confirm", "gail")] == [True, False, True]

    MailAsked.objects.update(at=clock.now() - PAUSE - timedelta(seconds=1))

    assert [may_mail("confirm", "ben"), may_mail("confirm", "ben")] == [True, False]


@pytest.mark.django_db
def test_another_purpose_is_another_mail() -> None:
    assert [may_mail("confirm", "ben"), may_mail("tickets", "ben"), may_mail("confirmben")] == [True, True, True]


@pytest.mark.django_db
def test_only_what_is_old_is_forgotten() -> None:
    may_mail("confirm", "ben")
    MailAsked.objects.update(at=clock.now() - PAUSE - timedelta(seconds=1))
    may_mail("confirm", "gail")

    forget_mail_asked()

    assert MailAsked.objects.count() == 1
    assert not may_mail("confirm", "gail")


@pytest.mark.django_db(transaction=True)
def test_of_twenty_who_ask_at_once_one_gets_it() -> None:
    start = threading.Barrier(20)

    def ask(_number: int) -> bool:
        start.wait()
        try:
            with transaction.atomic():
                return may_mail("confirm", "ben")
        finally:
            connections.close_all()

    with ThreadPoolExecutor(20) as pool:
        assert sum(pool.map(ask, range(20))) == 1
