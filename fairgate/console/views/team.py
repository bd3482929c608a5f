"""Who works for an organizer, and as what. Owners only."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods, require_POST

from fairgate.console.forms.team import InviteForm, RoleForm
from fairgate.console.pages import UNPROCESSABLE, done, enter, refused, show
from fairgate.lib.i18n import gettext as _
from fairgate.organizers import actions
from fairgate.organizers.errors import AlreadyMember, LastOwner
from fairgate.organizers.models import Membership, Role
from fairgate.organizers.permissions import Permission
from fairgate.organizers.queries import Access, team_of


@require_http_methods(["GET", "POST"])
def team(request: HttpRequest, organizer: str) -> HttpResponse:
    """The list; POST invites."""
    access = enter(request, organizer, Permission.MANAGE_TEAM)
    form = InviteForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.invite_member(access.organizer, **form.cleaned_data, by=access.user)
        except AlreadyMember as error:
            form.add_error("email", error.message)
        else:
            return done(request, _("%s is invited.") % form.cleaned_data["email"], "team", organizer)
    return show(
        request,
        "team.html",
        access,
        status=UNPROCESSABLE if form.errors else 200,
        form=form,
        members=list(team_of(access.organizer)),
        roles=Role.choices,
    )


@require_POST
def member(request: HttpRequest, organizer: str, member: int) -> HttpResponse:
    """Change the role."""
    access = enter(request, organizer, Permission.MANAGE_TEAM)
    found = find_member(access, member)
    form = RoleForm(request.POST)
    if not form.is_valid():
        return refused(request, _("Choose one of the roles."), "team", organizer)
    try:
        actions.change_role(found, role=form.cleaned_data["role"], by=access.user)
    except LastOwner as error:
        return refused(request, error.message, "team", organizer)
    return done(request, _("Saved."), "team", organizer)


@require_POST
def removal(request: HttpRequest, organizer: str, member: int) -> HttpResponse:
    access = enter(request, organizer, Permission.MANAGE_TEAM)
    found = find_member(access, member)
    try:
        actions.remove_member(found, by=access.user)
    except LastOwner as error:
        return refused(request, error.message, "team", organizer)
    sentence = _("%s is no longer on the team.") % found.user.email
    if found.user == access.user:
        return done(request, sentence, "home")
    return done(request, sentence, "team", organizer)


def find_member(access: Access, member: int) -> Membership:
    found = team_of(access.organizer).filter(pk=member).first()
    if found is None:
        raise Http404
    return found
