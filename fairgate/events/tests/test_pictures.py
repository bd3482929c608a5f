from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from django.db import connection

from fairgate.accounts.models import User
from fairgate.events import pictures
from fairgate.events.models import EventPicture
from fairgate.files import actions
from fairgate.files.encoding import encode
from fairgate.testing.cast import Concert
from fairgate.testing.s3 import drawn

ROUNDS = 10


def test_of_two_pictures_at_the_same_moment_one_stays_with_its_words(
    transactional_db: None, concert: Concert, olga: User
) -> None:
    stored = {
        words: actions.store(encode(io.BytesIO(drawn(side, 400)))) for words, side in (("left", 400), ("right", 500))
    }
    both = Barrier(2)

    def choose(words: str) -> None:
        try:
            both.wait()
            pictures.show_picture(concert.event, stored[words], alt=words, by=olga)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as threads:
        for _ in range(ROUNDS):
            EventPicture.objects.all().delete()
            list(threads.map(choose, stored))
            shown = EventPicture.objects.get()
            assert shown.stored == stored[shown.alt]
