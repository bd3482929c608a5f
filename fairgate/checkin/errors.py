from __future__ import annotations

from fairgate.lib.i18n import gettext as _


class CheckinError(Exception):
    """Why a check-in list could not be changed; `message` is for the organizer."""

    @property
    def message(self) -> str:
        return _("This is not possible for this check-in list.")


class NameTaken(CheckinError):
    @property
    def message(self) -> str:
        return _("This event has a check-in list of this name already. Choose another name.")


class OtherEvent(CheckinError):
    """A date or ticket type that the list's event does not have."""

    @property
    def message(self) -> str:
        return _("Choose dates and ticket types of this event.")


class OtherDate(CheckinError):
    """A ticket type is for one date, so on the list of another date it would let in nobody."""

    @property
    def message(self) -> str:
        return _("Choose ticket types of the chosen date, or all dates.")


class ListInUse(CheckinError):
    @property
    def message(self) -> str:
        return _("Tickets were scanned on this list, so it stays, and with it who came in.")


class LastList(CheckinError):
    @property
    def message(self) -> str:
        return _("An event keeps at least one check-in list. Add another one first, or change this one.")


class DateOnList(CheckinError):
    """Without its date, or its last ticket type, a list would let in more people than it was made for."""

    @property
    def message(self) -> str:
        return _("A check-in list is for this date or its ticket types. Change or remove that list first.")
