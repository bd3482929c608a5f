"""What is kept: its type, and how old it may be. Each definition says so in words beside it."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from typing import Any, Generic, Optional, TypeVar

from pydantic import TypeAdapter

T = TypeVar("T")

# Nobody sees a change later than this after its bump, whichever process answers.
NEAR_S = 1.0
# Lifetimes differ by up to this share, so that what was filled at once does not expire at once.
JITTER = 0.1


@dataclass(frozen=True)
class Kept(Generic[T]):
    """Of a type that pydantic can write as JSON, and that nobody changes: all threads share one object.

    Not shared, it is kept near alone: right for what is true for a fraction of a second.
    """

    name: str
    type: type[T]
    # Rebuilt when older. What is shared is mostly rebuilt earlier, when it is bumped.
    fresh_s: float
    # So much longer it is shown while one rebuilds, and not at all otherwise.
    stale_s: float = 5.0
    # How long "there is none" is believed.
    missing_s: float = 5.0
    is_shared: bool = True

    def key(self, parts: Sequence[object]) -> str:
        return key_of(self.name, parts)

    def lifetime_s(self, value: T | None) -> float:
        longest = self.missing_s if value is None else self.fresh_s
        return longest * random.uniform(1 - JITTER, 1)

    @property
    def near_s(self) -> float:
        return min(NEAR_S, self.fresh_s)

    @cached_property
    def adapter(self) -> TypeAdapter[Any]:
        or_none: Any = Optional[self.type]  # noqa: UP045 (a type that is known only now)
        return TypeAdapter(or_none)


def key_of(name: str, parts: Sequence[object]) -> str:
    """Of one length and of harmless letters, whatever a visitor wrote into the address."""
    written = json.dumps([name, *map(str, parts)])
    return f"fairgate:{name}:{blake2b(written.encode(), digest_size=16).hexdigest()}"
