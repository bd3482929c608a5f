"""When buyers come: many at the opening, the others in a tail that thins out.

A flash crowd rises fast, though not at once, and ebbs slowly (Jung, Krishnamurthy, Rabinovich: Flash crowds and denial
of service attacks, WWW 2002; Ari, Hong, Miller, Brandt, Long: Managing flash crowds on the Internet, MASCOTS 2003). So,
in seconds after the opening, with S the time in which all come:

    a share of 0.6:  t = exp(ln(S / 20) + 0.7 z), z normal: who waited for the opening, and how long people take to act
    the others:      t = -S / 4 * ln(1 - u), u uniform: who heard of it, reads the mail, comes by
    what is beyond S is drawn again

With a rate R nobody comes less than 1 / R after the one before: t(i) = max(t(i), t(i - 1) + 1 / R).
"""

from __future__ import annotations

import math
import random

OPENING_SHARE = 0.6
# Of the time in which all come: the median of those who waited, and the mean of the others.
OPENING_MEDIAN, TAIL_MEAN = 1 / 20, 1 / 4
SPREAD = 0.7


def arrivals(buyers: int, seconds: float, rate: float | None, seed: int) -> list[float]:
    """In order."""
    chance = random.Random(seed)
    times = sorted(_one(chance, seconds) for _ in range(buyers))
    if rate:
        for number in range(1, buyers):
            times[number] = max(times[number], times[number - 1] + 1 / rate)
    return times


def _one(chance: random.Random, seconds: float) -> float:
    while True:
        if chance.random() < OPENING_SHARE:
            came = chance.lognormvariate(math.log(seconds * OPENING_MEDIAN), SPREAD)
        else:
            came = chance.expovariate(1 / (seconds * TAIL_MEAN))
        if came <= seconds:
            return came
