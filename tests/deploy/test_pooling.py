"""Nothing of ours needs a session of its own, so each transaction may run on another connection (PgBouncer)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import fairgate

ROOT = Path(fairgate.__file__).parent
# `fairgate up` and the migrations speak to the server itself.
DIRECT = ("runtime", "testing", "migrations", "migrate.py", "tests", "bench")
SETTINGS = "lock_timeout|statement_timeout|synchronous_commit|search_path|role|time zone|timezone|application_name"
SESSION = {
    "an advisory lock that outlives its transaction": r"pg_(try_)?advisory_(lock|unlock)",
    "a notification": r"\b(LISTEN|NOTIFY) [a-z_]+([\"',;]|$)|pg_notify",
    "a temporary table": r"CREATE (LOCAL )?TEMP",
    "a setting that outlives its transaction": rf"\bSET (SESSION )?({SETTINGS})\b|set_config\([^)]*false\)",
    "a cursor that outlives its transaction": r"WITH HOLD|cursor\(\s*(name=|[\"'])",
    "a statement prepared by SQL": r"\bPREPARE \w+( \(|\s+AS\b)|\bDEALLOCATE \w",
}


def sources() -> dict[str, str]:
    files = [*ROOT.rglob("*.py"), *ROOT.rglob("*.sql")]
    ours = [file for file in files if not {*file.relative_to(ROOT).parts} & {*DIRECT}]
    return {str(file.relative_to(ROOT)): file.read_text() for file in ours}


@pytest.mark.parametrize("feature", SESSION)
def test_no_transaction_leaves_anything_behind(feature: str) -> None:
    found = [name for name, text in sources().items() if re.search(SESSION[feature], text, re.IGNORECASE)]

    assert found == []


def test_it_would_be_found() -> None:
    examples = (
        "SELECT pg_advisory_lock(1)",
        "LISTEN orders",
        "CREATE TEMP TABLE t (id int)",
        "SET lock_timeout = 1",
        "DECLARE c CURSOR WITH HOLD FOR SELECT 1",
        "PREPARE s AS SELECT 1",
    )

    for feature, example in zip(SESSION, examples, strict=True):
        assert re.search(SESSION[feature], example, re.IGNORECASE), feature


def test_only_who_watches_the_server_asks_for_a_session_of_its_own() -> None:
    """Time-outs for all of a session come with the connection, and a pooler refuses them: these go directly."""
    found = {name for name, text in sources().items() if "statement_timeout=" in text}

    assert found == {"outbox/relay.py", "core/figures/postgres.py", "doctor/looks/asking.py"}
