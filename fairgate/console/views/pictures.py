"""The picture of an event: choose, describe, remove. A page of its own, since files may be larger than other forms."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods, require_POST

from fairgate.accounts.models import User
from fairgate.console.forms.picture import PictureForm
from fairgate.console.pages import UNPROCESSABLE, done, enter, show
from fairgate.console.views.events import find_event
from fairgate.events import pictures
from fairgate.events.models import Event
from fairgate.files import actions as files
from fairgate.files.encoding import Encoded
from fairgate.files.errors import StorageAway
from fairgate.lib import logs
from fairgate.lib.i18n import gettext as _
from fairgate.organizers.permissions import Permission

AWAY = 503


@require_http_methods(["GET", "POST"])
def picture(request: HttpRequest, organizer: str, event: str) -> HttpResponse:
    access = enter(request, organizer, Permission.EDIT_EVENTS)
    found = find_event(access, event)
    form = (
        PictureForm(event=found) if request.method == "GET" else PictureForm(request.POST, request.FILES, event=found)
    )
    status = UNPROCESSABLE if request.method == "POST" else 200
    if request.method == "POST" and form.is_valid():
        try:
            _save(found, form.cleaned_data["picture"], alt=form.cleaned_data["alt"], by=access.user)
        except StorageAway as error:
            logs.log.error("picture_not_stored", error=str(error))
            form.add_error("picture", _("Pictures cannot be stored at the moment. Try again later."))
            status = AWAY
        else:
            return done(request, _("Saved."), "event-picture", organizer, event)
    return show(request, "event_picture.html", access, status=status, form=form, event=found)


@require_POST
def removal(request: HttpRequest, organizer: str, event: str) -> HttpResponse:
    access = enter(request, organizer, Permission.EDIT_EVENTS)
    pictures.remove_picture(find_event(access, event), by=access.user)
    return done(request, _("The picture is gone from the event's page."), "event-picture", organizer, event)


def _save(event: Event, chosen: Encoded | None, *, alt: str, by: User) -> None:
    """The storage may be slow, so it is asked before the transaction and not in it."""
    if chosen is None:
        pictures.describe_picture(event, alt=alt, by=by)
    else:
        pictures.show_picture(event, files.store(chosen), alt=alt, by=by)
