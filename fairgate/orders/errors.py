from __future__ import annotations

from fairgate.lib import money
from fairgate.lib.i18n import gettext as _
from fairgate.lib.i18n import language, ngettext


class OrderError(Exception):
    """Why an order could not be placed or changed; `message` is for the person who tried."""

    @property
    def message(self) -> str:
        return _("This is not possible for this order.")


class HoldNotFound(OrderError):
    @property
    def message(self) -> str:
        return _("We cannot find these places any more. Please choose your tickets again.")


class HoldExpired(OrderError):
    @property
    def message(self) -> str:
        return _(
            "The time to check out has run out, so the places went back on sale. Please choose your tickets again."
        )


class HoldUsed(OrderError):
    """The hold became an order already. Who knows the hold's secret may see which."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code

    @property
    def message(self) -> str:
        return _("These places have already become an order.")


class KeyReused(OrderError):
    @property
    def message(self) -> str:
        return _("This Idempotency-Key came with another body before; use a new key.")


class LimitReached(OrderError):
    """A buyer may have so many tickets over all orders. How many it has is not said: anyone may type any address."""

    def __init__(self, most: int) -> None:
        super().__init__(most)
        self.most = most

    @property
    def message(self) -> str:
        return ngettext(
            "One buyer can have %(num)s of these tickets, all orders together. This would be more.",
            "One buyer can have at most %(num)s of these tickets, all orders together. This would be more.",
            self.most,
        ) % {"num": self.most}


class NotVerified(OrderError):
    @property
    def message(self) -> str:
        return _(
            "These tickets are for addresses that were confirmed before the sale began, and this one was not. "
            "Use the address that you confirmed."
        )


class TooLateToVerify(OrderError):
    @property
    def message(self) -> str:
        return _("The sale has begun, and only addresses that were confirmed before can order.")


class WrongMethod(OrderError):
    @property
    def message(self) -> str:
        return _("Choose a way to pay that fits this order.")


class NoSuchTicket(OrderError):
    @property
    def message(self) -> str:
        return _("This ticket does not belong to this order.")


class TicketCanceled(OrderError):
    @property
    def message(self) -> str:
        return _("This ticket is canceled, so it cannot be changed.")


class TicketUsed(OrderError):
    @property
    def message(self) -> str:
        return _("Somebody has come in with this ticket, so it cannot be changed any more.")


class DateOver(OrderError):
    @property
    def message(self) -> str:
        return _("The date of this ticket is over, so it cannot be changed any more.")


class NothingToChange(OrderError):
    @property
    def message(self) -> str:
        return _("That is what this ticket is for already. Choose something else.")


class NotOffered(OrderError):
    @property
    def message(self) -> str:
        return _("A ticket cannot be changed to that now. Choose something else.")


class OtherPrice(OrderError):
    def __init__(self, paid: int, price: int, currency: str) -> None:
        super().__init__(paid, price, currency)
        self.paid = paid
        self.price = price
        self.currency = currency

    @property
    def message(self) -> str:
        paid, price = (money.format_money(amount, self.currency, language.get()) for amount in (self.paid, self.price))
        return _(
            "This ticket was sold for %(paid)s, the other one costs %(price)s. "
            "Tickets can be changed at the same price only."
        ) % {"paid": paid, "price": price}


class OtherTax(OrderError):
    @property
    def message(self) -> str:
        return _("That ticket is taxed at another rate, so this one cannot be changed to it.")


class AlreadyPaid(OrderError):
    @property
    def message(self) -> str:
        return _("This order is paid already.")


class AlreadyCanceled(OrderError):
    @property
    def message(self) -> str:
        return _("This order is canceled already.")


class NothingToCancel(OrderError):
    @property
    def message(self) -> str:
        return _("Choose at least one ticket that is not canceled yet.")
