"""A stored picture as pages show it. No framework."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fairgate.lib import addresses

# For browsers that know no srcset, and for the previews of messengers.
PLAIN, SHARED = 800, 1200


@dataclass(frozen=True)
class Picture:
    key: str
    width: int
    height: int
    # In which it can be had; the last is its own.
    widths: Sequence[int]
    # For who does not see it; empty when it only decorates.
    alt: str

    @property
    def url(self) -> str:
        return addresses.media(self.key, self._nearest(PLAIN))

    @property
    def srcset(self) -> str:
        return ", ".join(f"{addresses.media(self.key, width)} {width}w" for width in self.widths)

    @property
    def shared_url(self) -> str:
        return addresses.media(self.key, self.shared_width)

    @property
    def shared_width(self) -> int:
        return self._nearest(SHARED)

    @property
    def shared_height(self) -> int:
        return round(self.height * self.shared_width / self.width)

    def _nearest(self, most: int) -> int:
        return max((width for width in self.widths if width <= most), default=self.widths[0])
