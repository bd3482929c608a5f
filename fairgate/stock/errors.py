from __future__ import annotations

from fairgate.lib.i18n import gettext as _

# A sentence that names every seat of a hall is read by nobody.
SEATS_NAMED = 10


class StockError(Exception):
    """Why places could not be changed; `message` is for the person who tried."""

    @property
    def message(self) -> str:
        return _("This is not possible for these places.")


class CapacityTooLow(StockError):
    """Capacity cannot go below what is held and sold."""

    def __init__(self, taken: int, wanted: int) -> None:
        super().__init__(taken, wanted)
        self.taken = taken
        self.wanted = wanted

    @property
    def message(self) -> str:
        return _(
            "%(taken)s places are held or sold, so there cannot be only %(wanted)s. "
            "Choose %(taken)s or more, or cancel tickets first."
        ) % {"taken": self.taken, "wanted": self.wanted}


class CapacityChanged(StockError):
    """Somebody else changed it meanwhile; `current` is what it is now."""

    def __init__(self, current: int) -> None:
        super().__init__(current)
        self.current = current

    @property
    def message(self) -> str:
        return _("Somebody changed it to %(current)s meanwhile. Look again, then decide.") % {"current": self.current}


class SeatsDecide(StockError):
    @property
    def message(self) -> str:
        return _("These places are numbered: add, block or free seats instead.")


class SoldOut(StockError):
    @property
    def message(self) -> str:
        return _("There is no place left there. Nothing has changed.")


class SeatTaken(StockError):
    @property
    def message(self) -> str:
        return _("Somebody else has this seat. Nothing has changed; choose another.")


class SeatUnknown(StockError):
    @property
    def message(self) -> str:
        return _("This seat does not belong to these tickets. Choose another.")


class SeatsInUse(StockError):
    """Seats that are held or sold cannot be blocked."""

    def __init__(self, seats: list[str]) -> None:
        super().__init__(*seats)
        self.seats = seats

    @property
    def message(self) -> str:
        shown = "; ".join(self.seats[:SEATS_NAMED])
        if len(self.seats) > SEATS_NAMED:
            shown = _("%(seats)s and %(number)s more") % {"seats": shown, "number": len(self.seats) - SEATS_NAMED}
        return _("Held or sold, so they cannot be blocked: %s. Nothing has changed; choose without them.") % shown


class NotSeated(StockError):
    @property
    def message(self) -> str:
        return _("These places are not numbered. Change their number instead.")


class SeveralSeats(StockError):
    """A ticket type draws on at most one seated quota: a ticket has one seat."""

    @property
    def message(self) -> str:
        return _("A ticket has one seat, so choose numbered seats once only. Other places may come in addition.")


class NoPlaces(StockError):
    """A ticket type draws on at least one quota of its own session."""

    @property
    def message(self) -> str:
        return _("Choose which places a ticket takes; they must belong to the same date.")


class DrawsFixed(StockError):
    @property
    def message(self) -> str:
        return _(
            "Which places a ticket takes stays as it is while it is on sale and once tickets were held or sold. "
            "Add another ticket type instead."
        )


class SessionOnSale(StockError):
    @property
    def message(self) -> str:
        return _("Tickets for this date are on sale. Take its ticket types off sale first.")


class SessionInUse(StockError):
    @property
    def message(self) -> str:
        return _("Places of this date were held or sold, so it stays. Take its ticket types off sale instead.")
