"""A search through every order thinks of little histories what the checker thinks."""

from __future__ import annotations

import os
from collections import Counter

import pytest
from hypothesis import given, note, settings
from hypothesis import strategies as st

from tests.faults.checker import Rule, check
from tests.faults.little import Change, Step, changes, play, steps
from tests.faults.wing_gong import is_linearizable

EXAMPLES = 100_000 if "FAIRGATE_LONG_PROOF" in os.environ else 3000
# The others are about keys, orders and sums, of which the search knows nothing.
COMPARABLE = {Rule.CAPACITY, Rule.ORDER, Rule.REFUSAL}


@pytest.mark.timeout(1800)
def test_a_search_through_every_order_agrees_with_the_checker() -> None:
    seen: Counter[frozenset[Rule]] = Counter()

    @settings(max_examples=EXAMPLES, database=None)
    @given(st.integers(1, 4), st.lists(steps, min_size=1, max_size=7), changes)
    def compare(capacity: int, steps: list[Step], change: Change) -> None:
        history, ledger = play(capacity, steps, change)

        found = check(history, ledger)

        rules = frozenset(violation.rule for violation in found)
        for line in (*history, *ledger.moves, *found):
            note(str(line))
        assert rules <= COMPARABLE
        assert is_linearizable(history, ledger) == (not rules)
        seen[rules] += 1

    compare()

    assert min(seen[frozenset({rule})] for rule in COMPARABLE) > 0, seen
    assert seen[frozenset()] > EXAMPLES / 4, seen
