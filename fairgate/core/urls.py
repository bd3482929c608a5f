"""Every address that Django answers. The shop comes last: an event's address has two free parts."""

from __future__ import annotations

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("admin/now/", include("fairgate.console.operator_urls")),
    path("admin/", admin.site.urls),
    path("accounts/", include("fairgate.accounts.urls")),
    path("console/", include("fairgate.console.urls")),
    path("api/", include("fairgate.api.urls")),
    path("", include("fairgate.shop.urls")),
]

handler400 = "fairgate.core.errors.bad_request"
handler403 = "fairgate.core.errors.forbidden"
handler404 = "fairgate.core.errors.not_found"
handler500 = "fairgate.core.errors.server_error"
