"""The picture of an event: chosen, described, replaced, removed; and what Mallory tries."""

from __future__ import annotations

import io
import re

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from fairgate.accounts.models import User
from fairgate.console.tests.conftest import signed_in
from fairgate.events.models import Event, EventPicture
from fairgate.files.encoding import MOST_BYTES, encode
from fairgate.files.models import StoredPicture, file_name
from fairgate.organizers import audit
from fairgate.testing.cast import Concert
from fairgate.testing.s3 import drawn, s3_server, storage_at
from fairgate.testing.waiting import free_port

PAGE = "/console/riverside/events/concert/picture/"
REMOVAL = PAGE + "removal/"


def chosen(content: bytes | None = None, name: str = "hall.jpg", kind: str = "image/jpeg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, drawn() if content is None else content, kind)


def shown(concert: Concert) -> tuple[str, str] | None:
    return EventPicture.objects.filter(event=concert.event).values_list("stored_id", "alt").first()


def test_a_picture_is_chosen_replaced_and_removed(as_olga: Client, concert: Concert) -> None:
    first, second = (encode(io.BytesIO(content)) for content in (drawn(), drawn(700, 700, "PNG")))
    assert "drawing in your color" in as_olga.get(PAGE).content.decode()

    answer = as_olga.post(PAGE, {"picture": chosen(), "alt": "The hall"})
    assert (answer.status_code, answer["Location"], shown(concert)) == (302, PAGE, (first.key, "The hall"))
    assert f'src="/media/{first.key}/800.webp"' in as_olga.get(PAGE).content.decode()

    as_olga.post(PAGE, {"picture": chosen(drawn(700, 700, "PNG")), "alt": "The door"})
    assert shown(concert) == (second.key, "The door")

    as_olga.post(REMOVAL)
    assert shown(concert) is None
    # Nothing is deleted now: somebody may be looking.
    assert all(
        default_storage.exists(file_name(encoded.key, width)) for encoded in (first, second) for width in encoded.widths
    )
    done = [entry.action for entry in audit.history(concert.event)]
    assert done == ["event.picture_shown", "event.picture_shown", "event.picture_removed"]
    assert "Picture removed" in as_olga.get("/console/riverside/events/concert/").content.decode()


def test_the_words_change_without_the_picture(as_olga: Client, concert: Concert) -> None:
    as_olga.post(PAGE, {"picture": chosen(), "alt": "The hall"})
    key = StoredPicture.objects.get().key

    for _ in range(2):
        assert as_olga.post(PAGE, {"alt": "The hall at night"}).status_code == 302

    assert shown(concert) == (key, "The hall at night")
    assert audit.history(concert.event).count() == 2


def test_removing_what_is_not_there_changes_nothing(as_olga: Client, concert: Concert) -> None:
    assert as_olga.post(REMOVAL).status_code == 302
    assert not audit.history(concert.event).exists()


@pytest.mark.parametrize(
    ("content", "name", "kind", "sentence"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "x.svg", "image/svg+xml", "cannot be read"),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "x.jpg", "image/jpeg", "cannot be read"),
        (b"<!doctype html><script>alert(1)</script>", "x.png", "image/png", "cannot be read"),
        (b"", "x.png", "image/png", "cannot be read"),
        (drawn()[:900], "../../../etc/passwd", "image/jpeg", "cannot be read"),
        (drawn(200, 200), "x.jpg", "image/jpeg", "too small"),
        (drawn(1600, 300), "x.jpg", "image/jpeg", "long and narrow"),
        (drawn(3700, 3700, "PNG"), "x.png", "image/png", "13 million pixels"),
        (drawn() + bytes(MOST_BYTES), "x.jpg", "image/jpeg", "larger than 8 MB"),
    ],
)
def test_a_bad_file_is_refused_and_the_words_are_kept(
    as_olga: Client, concert: Concert, content: bytes, name: str, kind: str, sentence: str
) -> None:
    answer = as_olga.post(PAGE, {"picture": chosen(content, name, kind), "alt": 'The "hall"'})

    page = re.sub('data-too-large="[^"]+"', "", answer.content.decode())
    assert answer.status_code == 422
    assert page.count(sentence) == 2  # In the summary and beside the field.
    assert 'value="The &#34;hall&#34;"' in page or 'value="The &quot;hall&quot;"' in page
    assert (shown(concert), StoredPicture.objects.count()) == (None, 0)


def test_nothing_chosen(as_olga: Client, concert: Concert) -> None:
    answer = as_olga.post(PAGE, {"alt": "The hall"})

    assert (answer.status_code, answer.content.decode().count("Choose a picture.")) == (422, 2)


def test_the_name_of_the_file_is_not_used(as_olga: Client, concert: Concert) -> None:
    as_olga.post(PAGE, {"picture": chosen(name="../../../../tmp/<script>.jpg")})

    stored = StoredPicture.objects.get()
    assert re.fullmatch("[0-9a-f]{32}", stored.key)
    assert "script&gt;.jpg" not in as_olga.get(PAGE).content.decode()


def test_the_words_are_escaped(as_olga: Client, concert: Concert) -> None:
    as_olga.post(PAGE, {"picture": chosen(), "alt": '"><script>alert(1)</script>'})

    for page in (PAGE, "/riverside/concert/"):
        assert b"<script>alert" not in as_olga.get(page).content


def test_mallory_cannot_change_the_picture_of_others(concert: Concert, mallory: User) -> None:
    client = signed_in(mallory)

    for place in (PAGE, PAGE.replace("riverside", "elsewhere")):
        assert client.get(place).status_code == 404
        assert client.post(place, {"picture": chosen(), "alt": "By Mallory"}).status_code == 404
        assert client.post(place + "removal/").status_code == 404
    assert (shown(concert), StoredPicture.objects.count()) == (None, 0)


def test_a_form_of_another_site_is_refused(olga: User, concert: Concert) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(olga)

    assert client.post(PAGE, {"picture": chosen()}).status_code == 403
    assert shown(concert) is None


def test_two_files_at_once_are_refused(as_olga: Client, concert: Concert) -> None:
    assert as_olga.post(PAGE, {"picture": [chosen(), chosen()]}).status_code == 400


def test_a_storage_that_is_away_says_so_and_changes_nothing(as_olga: Client, concert: Concert) -> None:
    with storage_at(f"s3://olga:secret@127.0.0.1:{free_port()}/fairgate?tls=off"):
        answer = as_olga.post(PAGE, {"picture": chosen(), "alt": "The hall"})

    page = answer.content.decode()
    assert (answer.status_code, page.count("cannot be stored at the moment")) == (503, 2)
    assert 'value="The hall"' in page
    assert shown(concert) is None


def test_in_a_bucket_as_in_a_folder(as_olga: Client, concert: Concert) -> None:
    with s3_server() as server, storage_at(server.url):
        as_olga.post(PAGE, {"picture": chosen(), "alt": "The hall"})
        address = Event.objects.get(slug="concert").picture.url

        answer = as_olga.get(address)
        server.stop()
        away = as_olga.get(address)

    assert (answer.status_code, answer["Content-Type"]) == (200, "image/webp")
    assert (away.status_code, away["Cache-Control"], away["Retry-After"]) == (503, "private, no-store", "5")


def test_the_page_and_its_change_cost_the_same_with_and_without_a_picture(
    as_olga: Client, concert: Concert, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(2):
        # The session and the person (2), their memberships (1), the event with its picture.
        with django_assert_num_queries(4):
            assert as_olga.get(PAGE).status_code == 200
        as_olga.post(PAGE, {"picture": chosen()})
        as_olga.get(PAGE)  # Says that it is saved, which is remembered in the session.
