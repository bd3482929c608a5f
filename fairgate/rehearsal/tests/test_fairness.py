from __future__ import annotations

from dataclasses import replace

from fairgate.rehearsal.fairness import inversions, measure
from fairgate.rehearsal.tests.planted import OPENED_AT, facts, loser, told, winner


def test_inversions_are_pairs_in_disorder() -> None:
    assert inversions([1, 2, 3, 4]) == 0
    assert inversions([4, 3, 2, 1]) == 6
    assert inversions([2, 1, 2, 3]) == 1


def test_first_come_first_served() -> None:
    buyers = [winner(1.0), winner(2.0), winner(3.0), loser(4.0), loser(5.0)]

    found = measure(facts(buyers, capacity=3), told(*buyers))

    assert (found.tau, found.first_come, found.passed_over) == (1.0, 1.0, 0)
    assert (found.winners, found.losers, found.pairs, found.contests) == (3, 2, 3, 6)


def test_who_is_granted_before_those_who_asked_earlier_is_counted() -> None:
    buyers = [winner(1.0), winner(2.0), winner(3.0)]
    turns = [buyers[2], buyers[0], buyers[1]]

    found = measure(facts(buyers, capacity=9, turns=turns), told(*buyers))

    assert (found.pairs, found.pairs_in_disorder) == (3, 2)
    assert found.tau is not None
    assert round(found.tau, 3) == -0.333
    assert found.first_come is None


def test_who_got_none_though_later_ones_did_was_passed_over() -> None:
    buyers = [winner(1.0), loser(2.0), loser(8.5), winner(9.0)]

    found = measure(facts(buyers, capacity=2), told(*buyers))

    assert (found.contests, found.contests_in_order) == (4, 2)
    assert (found.passed_over, found.longest_s) == (1, 7.0)


def test_places_that_came_back_are_luck_and_no_injustice() -> None:
    buyers = [winner(1.0), loser(2.0), winner(9.0)]
    rows = facts(buyers, capacity=1)
    first, late = rows.moves
    back = replace(first, seq=2, quantity=-1, at=OPENED_AT + 8)

    found = measure(replace(rows, moves=[first, back, replace(late, seq=3)]), told(*buyers))

    assert (found.winners, found.losers, found.passed_over, found.first_come) == (1, 1, 0, 1.0)


def test_waits_are_told_of_those_who_got_places_and_of_those_who_did_not() -> None:
    buyers = [winner(1.0, answered=3.0), loser(4.0)]

    found = measure(facts(buyers, capacity=1), told(*buyers))

    assert found.wait_of_winners["p50"] == 2.0
    assert found.wait_of_losers["p50"] is not None
    assert round(found.wait_of_losers["p50"], 3) == 0.1
