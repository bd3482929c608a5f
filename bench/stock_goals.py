"""What the stock should reach, each beside what one run found."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from stock_figures import Run

Found = dict[str, Any]


@dataclass(frozen=True)
class Goal:
    """`least` and `most`: what the figure must not fall below, or exceed."""

    name: str
    figure: float
    unit: str = ""
    least: float | None = None
    most: float | None = None

    @property
    def is_reached(self) -> bool:
        return (self.least is None or self.figure >= self.least) and (self.most is None or self.figure <= self.most)

    @property
    def wanted(self) -> str:
        return f">= {self.least:,g}{self.unit}" if self.least is not None else f"<= {self.most:,g}{self.unit}"

    def row(self) -> tuple[str, str, str, str]:
        digits = 0 if abs(self.figure) >= 100 else 2
        return self.name, self.wanted, f"{self.figure:,.{digits}f}{self.unit}", "yes" if self.is_reached else "NO"


def goals(found: Found) -> Iterator[Goal]:
    """Those that what was measured can answer."""
    hot, group, http = (found.get(name, {}) for name in ("hot", "group", "http"))
    if 200 in hot and 200 in group:
        yield Goal(
            "group commit in process / bare hot row, 200 clients", group[200].rate / hot[200].rate, "x", least=12
        )
    if 64 in hot and 64 in http:
        yield Goal("holds by HTTP / bare hot row, 64 clients", http[64].rate / hot[64].rate, "x", least=1.5)
    if 64 in http:
        yield Goal("a hold by HTTP, 64 clients", http[64].served_cpu_ms, " CPU-ms", most=0.7)
        yield Goal("a hold by HTTP, 64 clients, p99", http[64].p99_ms, " ms", most=100)
    hot, group = found.get("hot, synchronous", {}), found.get("group, synchronous", {})
    if 200 in hot and 200 in group:
        ratio = group[200].rate / hot[200].rate
        yield Goal("the same with a synchronous standby, in process, 200 clients", ratio, "x", least=20)
    if orders := found.get("orders"):
        share = orders["paced"]["holds"].rate / orders["none"]["holds"].rate * 100
        yield Goal(f"holds while {orders['paced']['orders_per_s']:.0f} orders/s are placed", share, " %", least=80)
        share = orders["without pause"]["holds"].rate / orders["none"]["holds"].rate * 100
        name = f"holds while orders are placed without pause ({orders['without pause']['orders_per_s']:.0f}/s)"
        yield Goal(name, share, " %", least=80)
    if refusals := found.get("refusals"):
        best: Run = max(refusals.values(), key=lambda run: run.rate)
        yield Goal("HTTP refusals when sold out", best.rate, "/s", least=5000)
        yield Goal("an HTTP refusal", best.served_cpu_ms, " CPU-ms", most=0.25)
    for name, share in found.get("last", {}).items():
        yield Goal(f"the last 5 % of the places / the middle, {name}", share * 100, " %", least=50)
    if growth := found.get("growth"):
        ratio = growth["last hundred"] / growth["first hundred"]
        yield Goal(f"last hundred of {growth['ticks']:,} ticks / first hundred", ratio * 100, " %", least=80)
    for name, share in found.get("old holds", {}).items():
        yield Goal(f"with old holds / without, {name}", share * 100, " %", least=80)
    yield Goal("holds that the database contradicts", found.get("wrong", 0), most=0)
