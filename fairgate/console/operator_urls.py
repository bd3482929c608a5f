"""For operators, beside Django's admin."""

from __future__ import annotations

from django.urls import path

from fairgate.console.views import operator

app_name = "operator"

urlpatterns = [
    path("", operator.page, name="page"),
    path("part/", operator.now, name="now"),
]
