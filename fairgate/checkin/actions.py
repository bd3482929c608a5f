"""What organizers change about their gates."""

from __future__ import annotations

from fairgate.checkin.models import CheckinList
from fairgate.events.models import Event
from fairgate.lib.i18n import gettext as _


def ensure_default_list(event: Event) -> CheckinList:
    """Every event has a list that lets in whoever holds a good ticket."""
    return CheckinList.objects.filter(event=event).first() or CheckinList.objects.create(
        event=event, name=_("Everyone")
    )
