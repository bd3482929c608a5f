"""What an organizer says about itself: name, contact, color, bank account. Owners only."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from fairgate.console.forms.team import OrganizerForm
from fairgate.console.pages import UNPROCESSABLE, done, enter, show
from fairgate.lib.i18n import gettext as _
from fairgate.organizers.actions import edit_organizer
from fairgate.organizers.permissions import Permission


@require_http_methods(["GET", "POST"])
def settings(request: HttpRequest, organizer: str) -> HttpResponse:
    access = enter(request, organizer, Permission.MANAGE_TEAM)
    form = OrganizerForm(request.POST if request.method == "POST" else None, organizer=access.organizer)
    if request.method == "POST" and form.is_valid():
        edit_organizer(access.organizer, by=access.user, **form.cleaned_data)
        return done(request, _("Saved."), "settings", organizer)
    return show(request, "settings.html", access, status=UNPROCESSABLE if form.errors else 200, form=form)
