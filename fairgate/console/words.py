"""Texts of forms, which are written once and read in each reader's language."""

from __future__ import annotations

from django.utils.functional import lazy

from fairgate.lib.i18n import gettext

lazy_gettext = lazy(gettext, str)
