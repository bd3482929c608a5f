"""The dashboards: as they are built, whole, about figures that there are, in questions that Prometheus knows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from fairgate.monitoring import dashboards
from fairgate.monitoring.grafana import COLUMNS
from fairgate.monitoring.tests.named import RECORDED, ROOT, figures, known, needs_promtool, promtool, recorded

FOLDER = ROOT / "deploy/grafana"

every = pytest.mark.parametrize("name", dashboards.ALL)


def panels(name: str) -> list[dict[str, Any]]:
    return list(dashboards.ALL[name].as_json()["panels"])


def questions(name: str) -> Iterator[str]:
    for panel in panels(name):
        for target in panel.get("targets", ()):
            yield target["expr"]


@every
def test_what_is_committed_is_what_is_built(name: str) -> None:
    assert (FOLDER / f"{name}.json").read_text() == dashboards.written(name), (
        "run python -m fairgate.monitoring.dashboards"
    )


def test_nothing_else_lies_there() -> None:
    assert {file.stem for file in FOLDER.glob("*.json")} == dashboards.ALL.keys()


def test_all_can_be_in_one_grafana() -> None:
    boards = [board.as_json() for board in dashboards.ALL.values()]

    assert len({board["uid"] for board in boards}) == len(boards)
    assert len({board["title"] for board in boards}) == len(boards)
    assert all(len(board["uid"]) <= 40 for board in boards)


@every
def test_panels_have_numbers_and_places_of_their_own(name: str) -> None:
    numbers = [panel["id"] for panel in panels(name)]
    places = [panel["gridPos"] for panel in panels(name)]
    squares = [
        (x, y)
        for place in places
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]

    assert len(set(numbers)) == len(numbers)
    assert len(set(squares)) == len(squares)
    assert max(x for x, _y in squares) < COLUMNS


@every
def test_every_panel_says_what_it_shows_and_asks_the_chosen_prometheus(name: str) -> None:
    for panel in panels(name):
        if panel["type"] == "row":
            continue
        assert panel["title"]
        assert panel["description"]
        assert panel["fieldConfig"]["defaults"]["unit"]
        references = [target["refId"] for target in panel["targets"]]
        assert references == ["A", "B", "C", "D"][: len(references)]
        assert {target["datasource"]["uid"] for target in panel["targets"]} == {"${datasource}"}
    variables = {variable["name"] for variable in dashboards.ALL[name].as_json()["templating"]["list"]}
    used = {word for word in ("datasource", "job") if f"${word}" in json.dumps(panels(name)).replace("{", "")}
    assert used == variables


@every
def test_they_ask_for_figures_that_there_are(name: str) -> None:
    asked = "\n".join(questions(name))

    assert figures(asked) - known() == set()
    assert set(RECORDED.findall(asked)) - recorded() == set()


@needs_promtool
@every
def test_prometheus_understands_every_question(name: str, tmp_path: Path) -> None:
    rules = tmp_path / "questions.yaml"
    asked = [question.replace("$__rate_interval", "1m").replace("$job", ".*") for question in questions(name)]
    recording = [{"record": f"question:{number}", "expr": expr} for number, expr in enumerate(asked)]
    rules.write_text(yaml.safe_dump({"groups": [{"name": name, "rules": recording}]}))

    checked = promtool("check", "rules", rules)

    assert checked.returncode == 0, checked.stdout + checked.stderr
