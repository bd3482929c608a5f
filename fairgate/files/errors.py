from __future__ import annotations

from fairgate.lib.i18n import gettext as _


class StorageAway(OSError):
    """The storage does not do what it is asked; the reason is for operators and names no secret."""


class BadPicture(Exception):
    """Why a file cannot be shown as a picture; `message` is for whoever chose it."""

    @property
    def message(self) -> str:
        return _("This file cannot be read as a picture. Choose a JPEG, PNG or WebP file.")


class TooManyPixels(BadPicture):
    def __init__(self, most: int) -> None:
        super().__init__(most)
        self.most = most

    @property
    def message(self) -> str:
        return _(
            "This picture has more than %(most)s million pixels. Make it smaller, or save it as JPEG, "
            "then choose it again."
        ) % {"most": self.most // 1_000_000}


class TooSmall(BadPicture):
    def __init__(self, least: int) -> None:
        super().__init__(least)
        self.least = least

    @property
    def message(self) -> str:
        return _("This picture is too small to look good: each side needs at least %(least)s pixels.") % {
            "least": self.least
        }


class TooNarrow(BadPicture):
    @property
    def message(self) -> str:
        return _("This picture is too long and narrow. Cut it so that no side is more than three times the other.")
