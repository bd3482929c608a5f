"""Rules and alerts: tried with promtool, about figures that there are, each with a page that helps."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

import pytest
import yaml

from fairgate import monitoring
from fairgate.monitoring.tests.named import (
    FIGURE,
    RECORDED,
    ROOT,
    alerts,
    figures,
    haproxys,
    known,
    needs_promtool,
    promtool,
    recorded,
)

TRIED = sorted((Path(__file__).parent / "rules").glob("*.yaml"))
RUNBOOKS = ROOT / "docs/runbooks/alerts"
CHAPTERS = ["What it means", "How to see it", "What to do", "When it is over"]


@needs_promtool
@pytest.mark.parametrize("file", TRIED, ids=lambda file: file.stem)
def test_alerts_do_what_their_tests_say(file: Path) -> None:
    tried = promtool("test", "rules", file)

    assert tried.returncode == 0, tried.stdout + tried.stderr


@needs_promtool
def test_a_rule_that_never_fires_would_be_noticed(tmp_path: Path) -> None:
    tests = next(file for file in TRIED if file.stem == "books")
    rules = next(file for file in monitoring.rules() if file.stem == "books").read_text()
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules/books.yaml").write_text(rules.replace("fairgate_invariant_differences) > 0", "up) > 9"))
    (tmp_path / "tests.yaml").write_text(tests.read_text().replace("../../rules", "rules"))

    tried = promtool("test", "rules", tmp_path / "tests.yaml")

    assert tried.returncode == 1
    assert "FairgateBooksDiffer" in tried.stdout + tried.stderr


@needs_promtool
def test_prometheus_accepts_the_rules() -> None:
    checked = promtool("check", "rules", "--lint-fatal", *monitoring.rules())

    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_each_alert_is_seen_to_fire_to_end_and_to_stay_quiet() -> None:
    """One test sees it before, while and after; another never."""
    seen: dict[str, set[str]] = defaultdict(set)
    for file in TRIED:
        for test in yaml.safe_load(file.read_text())["tests"]:
            for name in {moment["alertname"] for moment in test["alert_rule_test"]}:
                fired = [bool(it.get("exp_alerts")) for it in test["alert_rule_test"] if it["alertname"] == name]
                if fired == [False, True, False]:
                    seen[name] |= {"fires", "ends"}
                elif not any(fired):
                    seen[name].add("quiet")

    assert {name for name in alerts() if seen[name] != {"fires", "ends", "quiet"}} == set()
    assert seen.keys() == alerts().keys()


@pytest.mark.parametrize("file", monitoring.rules(), ids=lambda file: file.stem)
def test_rules_ask_for_figures_that_there_are(file: Path) -> None:
    text = file.read_text()

    assert figures(text) - known() == set()
    assert set(RECORDED.findall(text)) - recorded() == set()


def test_a_figure_that_is_not_there_would_be_noticed() -> None:
    asked = 'rate(fairgate_turns_total{a="fairgate-slo"}[5m]) / haproxy_x > route:fairgate_http_requests:rate5m'

    assert FIGURE.findall(asked) == ["fairgate_turns_total", "haproxy_x"]
    assert (figures(asked) - known(), haproxys(asked)) == ({"fairgate_turns_total"}, {"haproxy_x"})


@pytest.mark.parametrize("name", alerts())
def test_an_alert_says_what_is_wrong_and_where_help_is(name: str) -> None:
    rule = alerts()[name]
    page = ROOT / rule["annotations"]["runbook"]

    assert rule["labels"]["severity"] in {"page", "ticket"}
    assert rule["annotations"].keys() == {"summary", "runbook"}
    assert page.parent == RUNBOOKS
    title, *chapters = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    assert name in title
    assert chapters == CHAPTERS


def test_the_list_of_alerts_is_whole() -> None:
    rows = re.findall(r"^\| \[(\w+)\]\(([\w-]+\.md)\) \| (\w+) \|", (RUNBOOKS / "README.md").read_text(), re.MULTILINE)

    assert {name: (f"docs/runbooks/alerts/{page}", severity) for name, page, severity in rows} == {
        name: (rule["annotations"]["runbook"], rule["labels"]["severity"]) for name, rule in alerts().items()
    }


@pytest.mark.parametrize("page", sorted(RUNBOOKS.glob("*.md")), ids=lambda page: page.stem)
def test_runbooks_ask_for_figures_that_there_are(page: Path) -> None:
    text = page.read_text()

    assert figures(text) - known() == set()
    assert set(RECORDED.findall(text)) - recorded() == set()
