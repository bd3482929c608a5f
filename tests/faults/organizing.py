"""Olga resizes, cancels and swaps while it sells."""

from __future__ import annotations

import time
from contextlib import suppress

from django.db import transaction

from fairgate.orders.actions import cancel_tickets
from fairgate.orders.errors import AlreadyCanceled, NothingToCancel
from fairgate.orders.models import Order, Ticket
from fairgate.stock.actions import Place, resize_quota, swap_place
from fairgate.stock.errors import CapacityTooLow, SoldOut
from fairgate.stock.models import Quota
from tests.faults.history import Asked, Kind
from tests.faults.insider import LOST, Insider

HALL, BALCONY = range(500, 2000), range(200, 800)
PAUSE_S = 0.25


class Olga(Insider):
    def act(self) -> None:
        self._chance.choice((self._resize, self._cancel, self._swap))()
        time.sleep(PAUSE_S)

    def _resize(self) -> None:
        quota, sizes = self._chance.choice(((self._offer.hall, HALL), (self._offer.balcony, BALCONY)))
        capacity = self._chance.choice(sizes)

        def ask(asked: Asked) -> None:
            try:
                resize_quota(Quota.objects.get(pk=quota), capacity=capacity, by=None)
            except CapacityTooLow:
                asked.refused("capacity-too-low")
            else:
                asked.done()

        self._persist(lambda: self._recorder.asking(self._name, Kind.RESIZE, quota=quota, capacity=capacity), ask)

    def _cancel(self) -> None:
        """Some tickets of one order."""
        if ticket := self._any_ticket():
            tickets = self._good(ticket.order_id)
            self.cancel(ticket.order_id, tickets[: self._chance.randint(1, max(len(tickets), 1))])

    def cancel(self, order: int, tickets: list[Ticket]) -> None:
        ids = tuple(str(ticket.pk) for ticket in tickets)

        def ask(asked: Asked) -> None:
            found = Order.objects.get(pk=order)
            try:
                cancel_tickets(found, tickets, by=None, reason="")
            except (AlreadyCanceled, NothingToCancel) as error:
                asked.refused(type(error).__name__)
            else:
                asked.done(order=found.code)

        if ids:
            self._persist(lambda: self._recorder.asking(self._name, Kind.CANCEL, tickets=ids), ask)

    def _swap(self) -> None:
        """Into a ticket type without numbered seats, which is not the one that it has."""
        ticket = self._any_ticket()
        if ticket is None or ticket.seat_id is not None:
            return
        ticket_type = self._offer.standing if ticket.ticket_type_id == self._offer.standard else self._offer.standard

        @transaction.atomic
        def ask(asked: Asked) -> None:
            order = Order.objects.select_for_update().get(pk=ticket.order_id)
            found = order.tickets.filter(pk=ticket.pk, cancellation__isnull=True).first()
            if found is None or found.ticket_type_id == ticket_type:
                asked.refused("no such ticket any more")
                return
            try:
                swap_place(
                    order.hold_id, Place(found.pk, found.ticket_type_id, None), ticket_type=ticket_type, seat=None
                )
            except SoldOut:
                asked.sold_out()
                return
            found.ticket_type_id = ticket_type
            found.save(update_fields=["ticket_type"])

        def ask_and_know(asked: Asked) -> None:
            ask(asked)
            # Only now it is committed; who was refused keeps the first answer.
            asked.done()

        facts = {"tickets": (str(ticket.pk),), "items": {ticket_type: 1}}
        self._persist(lambda: self._recorder.asking(self._name, Kind.SWAP, **facts), ask_and_know)

    def _any_ticket(self) -> Ticket | None:
        """One of the latest that are good."""
        found: list[Ticket] = []
        with suppress(*LOST):
            good = Ticket.objects.filter(event_id=self._offer.event, cancellation__isnull=True)
            found = list(good.order_by("-pk")[:20])
        return self._chance.choice(found) if found else None

    def _good(self, order: int) -> list[Ticket]:
        with suppress(*LOST):
            return list(Ticket.objects.filter(order=order, cancellation__isnull=True))
        return []
