"""When buyers come, and what it means for those who come first: the curve of the rehearsal (rehearsal/arrivals.py).

Of those who come within S seconds, a share F(t) has come by t:

    F(t) = G(t) / G(S),   G(t) = 0.6 P(ln(t / (S / 20)) / 0.7) + 0.4 (1 - exp(-4 t / S)),   P the normal distribution
"""

from __future__ import annotations

import math
from itertools import pairwise
from statistics import NormalDist

from fairgate.rehearsal.arrivals import OPENING_MEDIAN, OPENING_SHARE, SPREAD, TAIL_MEAN

MINUTE_S = 60.0
STEPS = 2_000


def share_by(t: float, seconds: float) -> float:
    return _weight(t / seconds) / _weight(1.0)


def busiest_minute(seconds: float) -> float:
    """The share of all who come in the minute in which most come; of a sale of a minute or less, all."""
    if seconds <= MINUTE_S:
        return 1.0
    starts = (number * (seconds - MINUTE_S) / STEPS for number in range(STEPS + 1))
    return max(share_by(start + MINUTE_S, seconds) - share_by(start, seconds) for start in starts)


def longest_wait_s(buyers: float, seconds: float, rate: float) -> float:
    """If so many a second are served, in the order in which they come, and all others wait for their turn."""
    waiting = longest = 0.0
    times = [seconds * number / STEPS for number in range(STEPS + 1)]
    for before, now in pairwise(times):
        came = buyers * (share_by(now, seconds) - share_by(before, seconds))
        waiting = max(0.0, waiting + came - rate * (now - before))
        longest = max(longest, waiting)
    return longest / rate


def _weight(part: float) -> float:
    """`part`: of the time in which all come."""
    if part <= 0:
        return 0.0
    opening = NormalDist().cdf(math.log(part / OPENING_MEDIAN) / SPREAD)
    return OPENING_SHARE * opening + (1 - OPENING_SHARE) * (1 - math.exp(-part / TAIL_MEAN))
