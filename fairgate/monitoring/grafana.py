"""A Grafana dashboard as data: rows of panels, laid out from left to right, each asking Prometheus some questions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

SOURCE = {"type": "prometheus", "uid": "${datasource}"}
# Grafana's grid.
COLUMNS, HEIGHT, LOW = 24, 8, 4
# Of Grafana 10; newer ones bring it up to date by themselves.
SCHEMA = 39
# Of which a rate is taken: as Grafana finds it right for what is shown.
RATE = "[$__rate_interval]"


@dataclass(frozen=True)
class Ask:
    """One question, and what its answers are called."""

    expr: str
    legend: str = ""


def each_second(figure: str, *by: str, legend: str = "") -> Ask:
    """How often it happens, added up, for each value of these labels, which are then the names of the answers."""
    if not by:
        return Ask(f"sum(rate({figure}{RATE}))", legend)
    return Ask(f"sum by ({', '.join(by)}) (rate({figure}{RATE}))", " ".join(f"{{{{{label}}}}}" for label in by))


@dataclass(frozen=True)
class Panel:
    title: str
    about: str
    questions: Sequence[Ask]
    unit: str = "short"
    width: int = 8
    # Answers are parts of a whole.
    is_stacked: bool = False
    # From the first value on yellow, from the second on red.
    limits: Sequence[float] = ()
    # The last value alone, large.
    is_figure: bool = False

    @property
    def height(self) -> int:
        return LOW if self.is_figure else HEIGHT


@dataclass(frozen=True)
class Row:
    title: str
    panels: Sequence[Panel]


@dataclass(frozen=True)
class Dashboard:
    uid: str
    title: str
    about: str
    rows: Sequence[Row]
    # A label and the figure that has it: what is shown can be narrowed down by it.
    chosen_by: tuple[str, str] | None = None
    seen: str = field(default="now-1h", kw_only=True)

    def as_json(self) -> dict[str, Any]:
        return {
            "uid": self.uid,
            "title": self.title,
            "description": self.about,
            "tags": ["fairgate"],
            "schemaVersion": SCHEMA,
            "editable": True,
            "refresh": "10s",
            "time": {"from": self.seen, "to": "now"},
            "timezone": "",
            "graphTooltip": 1,
            "links": [{"type": "dashboards", "tags": ["fairgate"], "title": "Fairgate", "asDropdown": True}],
            "templating": {"list": list(self._variables())},
            "panels": list(_placed(self.rows)),
        }

    def _variables(self) -> Iterator[dict[str, Any]]:
        yield {"name": "datasource", "label": "Prometheus", "type": "datasource", "query": "prometheus"}
        if self.chosen_by:
            label, figure = self.chosen_by
            question = f"label_values({figure}, {label})"
            yield {
                "name": label,
                "type": "query",
                "datasource": SOURCE,
                "query": {"query": question, "refId": label},
                "refresh": 2,
                "includeAll": True,
                "multi": True,
                "current": {"text": "All", "value": "$__all"},
            }


def _placed(rows: Sequence[Row]) -> Iterator[dict[str, Any]]:
    """From left to right; what does not fit goes below the highest of its line."""
    number, top = 1, 0
    for row in rows:
        yield {
            "id": number,
            "type": "row",
            "title": row.title,
            "collapsed": False,
            "panels": [],
            "gridPos": {"x": 0, "y": top, "w": COLUMNS, "h": 1},
        }
        number, top, left, line = number + 1, top + 1, 0, 0
        for panel in row.panels:
            if left + panel.width > COLUMNS:
                left, top, line = 0, top + line, 0
            place = {"x": left, "y": top, "w": panel.width, "h": panel.height}
            yield {"id": number, "gridPos": place, **_drawn(panel)}
            number, left, line = number + 1, left + panel.width, max(line, panel.height)
        top += line


def _drawn(panel: Panel) -> dict[str, Any]:
    return {
        "type": "stat" if panel.is_figure else "timeseries",
        "title": panel.title,
        "description": panel.about,
        "datasource": SOURCE,
        "targets": [
            {"refId": chr(ord("A") + place), "datasource": SOURCE, "expr": ask.expr, "legendFormat": ask.legend}
            for place, ask in enumerate(panel.questions)
        ],
        "fieldConfig": {"defaults": _looks(panel), "overrides": []},
        "options": _figure() if panel.is_figure else _chart(),
    }


def _looks(panel: Panel) -> dict[str, Any]:
    steps = [{"color": color, "value": value} for color, value in zip(("yellow", "red"), panel.limits, strict=False)]
    looks: dict[str, Any] = {
        "unit": panel.unit,
        "min": 0,
        "thresholds": {"mode": "absolute", "steps": [{"color": "green", "value": None}, *steps]},
    }
    if not panel.is_figure:
        looks["custom"] = {
            "drawStyle": "line",
            "lineWidth": 1,
            "fillOpacity": 30 if panel.is_stacked else 5,
            "showPoints": "never",
            "stacking": {"mode": "normal" if panel.is_stacked else "none", "group": "A"},
            "thresholdsStyle": {"mode": "dashed" if panel.limits else "off"},
        }
    return looks


def _figure() -> dict[str, Any]:
    return {"reduceOptions": {"calcs": ["lastNotNull"]}, "colorMode": "value", "graphMode": "area"}


def _chart() -> dict[str, Any]:
    return {
        "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True},
        "tooltip": {"mode": "multi", "sort": "desc"},
    }
