"""What is kept, and when it is deleted."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.core.files.storage import default_storage
from django.db.models import F

from fairgate.accounts.models import User
from fairgate.events import pictures
from fairgate.files import actions
from fairgate.files.encoding import encode
from fairgate.files.errors import StorageAway
from fairgate.files.models import StoredPicture
from fairgate.lib import clock
from fairgate.testing.cast import Concert, make_concert
from fairgate.testing.s3 import S3Server, drawn, s3_server, storage_at

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("uploads")]

PICTURE = encode(io.BytesIO(drawn(400, 400)))
OTHER = encode(io.BytesIO(drawn(500, 400)))


def wait(days: float) -> None:
    """As if nothing had happened meanwhile."""
    StoredPicture.objects.filter(unused_since__isnull=False).update(
        unused_since=F("unused_since") - timedelta(days=days)
    )


def kept() -> list[bool]:
    """Of the first and of the other: whether its row is there, and all of its files."""
    found = []
    for encoded in (PICTURE, OTHER):
        names = [f"pictures/{encoded.key}/{width}.webp" for width in encoded.widths]
        are_there = {default_storage.exists(name) for name in names}
        assert are_there == {StoredPicture.objects.filter(key=encoded.key).exists()}
        found += are_there
    return found


def test_what_is_shown_stays(concert: Concert, olga: User) -> None:
    pictures.show_picture(concert.event, actions.store(PICTURE), alt="", by=olga)

    for _ in range(3):
        actions.delete_unused()
        wait(days=30)

    assert kept() == [True, False]


def test_what_was_replaced_is_deleted_after_a_week(concert: Concert, olga: User) -> None:
    for encoded in (PICTURE, OTHER):
        pictures.show_picture(concert.event, actions.store(encoded), alt="", by=olga)
        actions.delete_unused()

    wait(days=7.9)
    assert (actions.delete_unused(), kept()) == (0, [True, True])

    wait(days=0.2)
    assert (actions.delete_unused(), kept()) == (1, [False, True])


def test_what_two_events_show_stays_until_both_show_something_else(concert: Concert, olga: User) -> None:
    second = make_concert(concert.event.organizer, slug="second").event
    for event in (concert.event, second):
        pictures.show_picture(event, actions.store(PICTURE), alt="", by=olga)
    pictures.remove_picture(concert.event, by=olga)
    wait(days=30)
    actions.delete_unused()
    assert kept() == [True, False]

    pictures.remove_picture(second, by=olga)
    actions.delete_unused()
    wait(days=30)
    actions.delete_unused()
    assert kept() == [False, False]


def test_what_was_stored_but_never_shown_is_deleted_too() -> None:
    """Its process died between the files and the event."""
    actions.store(PICTURE)
    assert (actions.delete_unused(), kept()) == (0, [True, False])

    wait(days=8.1)
    assert (actions.delete_unused(), kept()) == (1, [False, False])


def test_what_is_chosen_again_begins_its_time_anew(concert: Concert, olga: User) -> None:
    actions.store(PICTURE)
    wait(days=30)
    stored = actions.store(PICTURE)
    actions.delete_unused()

    pictures.show_picture(concert.event, stored, alt="", by=olga)

    assert kept() == [True, False]


def test_a_picture_that_comes_into_use_while_it_is_due_is_not_deleted(concert: Concert, olga: User) -> None:
    stored = actions.store(PICTURE)
    wait(days=30)
    pictures.show_picture(concert.event, stored, alt="", by=olga)

    assert (actions.delete_unused(), kept()) == (0, [True, False])


def test_a_picture_that_comes_into_use_at_the_last_moment_keeps_its_files(concert: Concert, olga: User) -> None:
    """After the sweep has looked who uses what, and before it takes this one."""
    pictures.show_picture(concert.event, actions.store(PICTURE), alt="", by=olga)
    wait(days=30)

    assert actions._delete(PICTURE.key, clock.now()) is False
    assert kept() == [True, False]


@pytest.fixture
def server() -> Iterator[S3Server]:
    with s3_server() as server, storage_at(server.url):
        yield server


def test_a_storage_that_is_away_is_asked_again(server: S3Server) -> None:
    actions.store(PICTURE)
    actions.store(OTHER)
    wait(days=30)
    assert kept() == [True, True]
    server.stop()

    with pytest.raises(StorageAway):
        actions.delete_unused()

    assert StoredPicture.objects.count() == 2
    server.start()
    assert actions.delete_unused() == 2
