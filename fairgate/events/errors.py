from __future__ import annotations

from fairgate.lib.i18n import gettext as _


class EventError(Exception):
    """Why an event could not be changed; `message` is for the organizer."""

    @property
    def message(self) -> str:
        return _("This is not possible for this event.")


class SlugTaken(EventError):
    @property
    def message(self) -> str:
        return _("You have an event with this address already. Choose another one.")


class SlugFixed(EventError):
    @property
    def message(self) -> str:
        return _("The address stays as it is once an event is published, because people have it.")


class ZoneFixed(EventError):
    @property
    def message(self) -> str:
        return _("The time zone stays as it is once an event is published, because buyers rely on its times.")


class CurrencyFixed(EventError):
    @property
    def message(self) -> str:
        return _("The currency stays as it is once an event is published, because buyers rely on its prices.")


class ZoneMisfit(EventError):
    @property
    def message(self) -> str:
        return _("One of the times does not exist, or comes twice, in this time zone. Change that time first.")


class CurrencyMisfit(EventError):
    """A price that the other currency, which has fewer decimals, cannot express."""

    def __init__(self, ticket_type: str, currency: str) -> None:
        super().__init__(ticket_type, currency)
        self.ticket_type = ticket_type
        self.currency = currency

    @property
    def message(self) -> str:
        return _("%(currency)s has fewer decimals. Change the price of “%(name)s” first.") % {
            "currency": self.currency,
            "name": self.ticket_type,
        }


class NotReady(EventError):
    """Not to be put on sale yet; each reason is a sentence that says what to do."""

    def __init__(self, reasons: list[str]) -> None:
        super().__init__(*reasons)
        self.reasons = reasons

    @property
    def message(self) -> str:
        return " ".join(self.reasons)


class OtherAnnouncement(EventError):
    """Somebody else changed the message meanwhile; `current` is what the page says now."""

    def __init__(self, current: str) -> None:
        super().__init__(current)
        self.current = current

    @property
    def message(self) -> str:
        if not self.current:
            return _("Somebody took the message away meanwhile. Show yours all the same?")
        return _("Somebody changed the message meanwhile, to “%(text)s”. Show yours instead?") % {"text": self.current}
