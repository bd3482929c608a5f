from __future__ import annotations

import pytest

from fairgate.accounts.models import User
from fairgate.checkin.actions import change_list, create_list, ensure_default_list
from fairgate.checkin.errors import OtherDate, OtherEvent
from fairgate.checkin.models import CheckinList
from fairgate.checkin.queries import open_lists_of
from fairgate.events.models import Event
from fairgate.lib import clock
from fairgate.organizers.models import Organizer
from fairgate.testing.cast import Concert, make_concert

pytestmark = pytest.mark.django_db


def test_a_list_is_made_of_its_own_events_parts_alone(concert: Concert, riverside: Organizer, olga: User) -> None:
    other = make_concert(riverside, "other")
    own = ensure_default_list(concert.event)

    for parts in ({"session": other.session, "ticket_types": []}, {"session": None, "ticket_types": [other.free]}):
        with pytest.raises(OtherEvent):
            create_list(concert.event, name="Mixed", **parts, by=olga)  # type: ignore[arg-type]
        with pytest.raises(OtherEvent):
            change_list(own, name="Mixed", **parts, by=olga)  # type: ignore[arg-type]

    assert [(its.name, its.session_id) for its in CheckinList.objects.all()] == [("Everyone", None)]


def test_a_ticket_type_is_not_on_the_list_of_another_date(concert: Concert, olga: User) -> None:
    later = concert.event.sessions.create(starts_at=concert.session.starts_at, ends_at=concert.session.ends_at)

    with pytest.raises(OtherDate):
        create_list(concert.event, name="Later", session=later, ticket_types=[concert.free], by=olga)


def test_open_lists_are_of_published_events_that_are_not_over(
    concert: Concert, riverside: Organizer, elsewhere: Organizer
) -> None:
    draft = make_concert(riverside, "draft")
    Event.objects.filter(pk=draft.event.pk).update(state="draft")
    lists = [ensure_default_list(its.event) for its in (concert, draft, make_concert(elsewhere))]

    now, after = clock.now(), concert.session.ends_at + 2 * (concert.session.ends_at - clock.now())

    assert list(open_lists_of(riverside, now=now)) == lists[:1]
    assert list(open_lists_of(riverside, now=after)) == []
