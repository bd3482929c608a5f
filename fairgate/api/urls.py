"""The APIs that Django answers; holds are answered by the stock service, scans by the gate."""

from __future__ import annotations

from django.urls import path

from fairgate.api.views import seats, shop

urlpatterns = [
    path("v1/shop/holds/<uuid:hold>/order", shop.place),
    path("v1/shop/orders/<slug:code>", shop.show_order),
    path("v1/shop/<slug:organizer>/<slug:event>", shop.show_event),
    path("v1/shop/<slug:organizer>/<slug:event>/seats", seats.show_seats),
]
