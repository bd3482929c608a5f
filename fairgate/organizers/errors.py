from __future__ import annotations

from fairgate.lib.i18n import gettext as _


class TeamError(Exception):
    """Why a team could not be changed; `message` is for the person who tried."""

    @property
    def message(self) -> str:
        return _("This is not possible for this team.")


class AlreadyMember(TeamError):
    @property
    def message(self) -> str:
        return _("This person is on the team already. Change the role in the list instead.")


class LastOwner(TeamError):
    @property
    def message(self) -> str:
        return _("A team needs an owner. Make someone else an owner first.")
