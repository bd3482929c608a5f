"""Every figure that has a name has a row on the page, with the same words."""

from __future__ import annotations

from prometheus_client.metrics import MetricWrapperBase

from fairgate.lib.metrics import names
from fairgate.lib.metrics.figure import Figure
from fairgate.lib.metrics.tests.page import rows


def test_the_page_says_what_the_code_says() -> None:
    described = {name: (row.type, row.labels, row.about) for name, row in rows().items() if name.startswith("fairgate")}

    assert described == dict(_of_figures() + _of_counts())


def _of_figures() -> list[tuple[str, tuple[str, tuple[str, ...], str]]]:
    figures = [value for value in vars(names).values() if isinstance(value, Figure)]
    return [(figure.name, (figure.type, figure.labels, figure.about)) for figure in figures]


def _of_counts() -> list[tuple[str, tuple[str, tuple[str, ...], str]]]:
    counts = [value for value in vars(names).values() if isinstance(value, MetricWrapperBase)]
    families = [(count, next(iter(count.collect()))) for count in counts]
    return [
        (
            family.name + ("_total" if family.type == "counter" else ""),
            (family.type, tuple(count._labelnames), family.documentation),
        )
        for count, family in families
    ]
