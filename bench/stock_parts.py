"""The parts of the stock bench. Those that are compared take turns, round by round."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from functools import partial
from statistics import median
from typing import Any

import stock_history
import stock_http
import stock_lanes
import stock_orders
import stock_sql
from installation import Target
from report import say
from sale import open_sale
from stock_figures import Run, middle, rates_by_share
from stock_server import Database, Server, with_standby

PARTS = ("hot", "single", "group", "http", "form", "refusals", "orders", "last", "growth", "standby")
THROUGH_THE_DOOR = {"http", "form", "refusals", "last"}
CLIENTS = (1, 8, 64, 200)
# More connections are slower on one row, so without lanes no more are let in.
SINGLE_CLIENTS = (1, 4)
REFUSED_CLIENTS = FORM_CLIENTS = (64, 200)
HOLDING = 64
HOT_WITH_STANDBY = (64, 200)
# Threads that wait are cheap; connections are not, and the server lets in 250.
GROUP_WITH_STANDBY = (64, 200, 1000)
MIDDLE_AND_END = ((0.45, 0.55), (0.95, 1.0))
PLACES_IN_PROCESS, PLACES_BY_HTTP = 80_000, 20_000
TICKS, TICK = 1_000, 500

Turn = tuple[str, int, Callable[[], Run]]


def measure(server: Server, target: Target | None, wish: argparse.Namespace) -> dict[str, Any]:
    shop = server.create_with_schema("shop")
    turns = [*_in_sql_and_process(server.create("bare"), shop, wish.seconds)]
    if target is not None:
        turns += _by_http(target, wish.seconds)
    found: dict[str, Any] = take_turns([turn for turn in turns if turn[0] in wish.parts], wish.rounds)
    if "orders" in wish.parts:
        found["orders"] = _orders(shop, wish)
    if "last" in wish.parts and target is not None:
        found["last"] = _last_places(shop, target, wish.rounds)
    if "growth" in wish.parts:
        found["growth"] = _growth(server.create_with_schema("growing"), TICK * 4 if wish.long else TICK)
    if wish.old_holds:
        aged = stock_history.measure(server, wish.old_holds, wish.seconds)
        found["old holds"] = {name: each.share for name, each in aged.items()}
        found["wrong among old holds"] = sum(each.wrong for each in aged.values())
    return found


def measure_with_standby(wish: argparse.Namespace) -> dict[str, Any]:
    say("Starting a pair of servers.")
    with with_standby() as shop:
        bare, sale = shop.beside("bare"), open_sale(shop)
        turns: list[Turn] = []
        for clients in HOT_WITH_STANDBY:
            turns.append(("hot, synchronous", clients, partial(stock_sql.hot_row, bare, clients, wish.seconds)))
        for clients in GROUP_WITH_STANDBY:
            hold = partial(stock_lanes.hold, shop, sale, clients, wish.seconds)
            turns.append(("group, synchronous", clients, hold))
        return dict(take_turns(turns, wish.rounds))


def take_turns(turns: list[Turn], rounds: int) -> dict[str, dict[int, Run]]:
    """Whatever else the machine does then hits all alike."""
    runs: dict[tuple[str, int], list[Run]] = {(name, clients): [] for name, clients, _ in turns}
    for number in range(1, rounds + 1):
        for name, clients, run in turns:
            found = run()
            say(f"round {number} of {rounds}, {name}, {clients} clients: {found.rate:,.0f}/s")
            runs[name, clients].append(found)
    found_by_name: dict[str, dict[int, Run]] = {}
    for (name, clients), several in runs.items():
        found_by_name.setdefault(name, {})[clients] = middle(several)
    return found_by_name


def _in_sql_and_process(bare: Database, shop: Database, seconds: float) -> Iterator[Turn]:
    sale = open_sale(shop)
    for clients in SINGLE_CLIENTS:
        yield "single", clients, partial(stock_sql.single, shop, sale, clients, seconds)
    for clients in CLIENTS:
        yield "hot", clients, partial(stock_sql.hot_row, bare, clients, seconds)
        yield "group", clients, partial(stock_lanes.hold, shop, sale, clients, seconds)


def _by_http(target: Target, seconds: float) -> Iterator[Turn]:
    sale, sold_out = open_sale(target), open_sale(target, places=0)
    for clients in CLIENTS:
        yield "http", clients, partial(stock_http.hold, target, sale, clients, seconds)
    for clients in FORM_CLIENTS:
        send = partial(stock_http.hold, target, sale, clients, seconds, expected=stock_http.GRANTED_TO_PEOPLE)
        yield "form", clients, send
    for clients in REFUSED_CLIENTS:
        refuse = partial(stock_http.hold, target, sold_out, clients, seconds, expected=stock_http.SOLD_OUT)
        yield "refusals", clients, refuse


def _orders(shop: Database, wish: argparse.Namespace) -> dict[str, Any]:
    sale = open_sale(shop)
    wishes = {"none": 0, "paced": wish.orders_per_second, "without pause": None}
    found: dict[str, list[stock_orders.Both]] = {name: [] for name in wishes}
    for number in range(1, wish.rounds + 1):
        for name, orders_per_s in wishes.items():
            both = stock_orders.hold_and_order(shop, sale, HOLDING, wish.seconds, orders_per_s)
            say(f"round {number}, orders {name}: {both.holds.rate:,.0f} holds/s, {both.orders_per_s:,.0f} orders/s")
            found[name].append(both)
    return {
        name: {
            "holds": middle([both.holds for both in several]),
            "orders_per_s": median(both.orders_per_s for both in several),
        }
        for name, several in found.items()
    }


def _last_places(shop: Database, target: Target, rounds: int) -> dict[str, float]:
    found: dict[str, list[float]] = {"in process": [], "by HTTP": []}
    for number in range(1, rounds + 1):
        grants = stock_lanes.sell_out(shop, open_sale(shop, places=PLACES_IN_PROCESS), HOLDING)
        found["in process"].append(_end_against_middle(grants))
        grants = stock_http.sell_out(target, open_sale(target, places=PLACES_BY_HTTP), HOLDING)
        found["by HTTP"].append(_end_against_middle(grants))
        say(f"round {number}, last 5 %: " + ", ".join(f"{name} {shares[-1]:.0%}" for name, shares in found.items()))
    return {name: median(shares) for name, shares in found.items()}


def _end_against_middle(grants: list[tuple[float, int]]) -> float:
    in_the_middle, in_the_end = rates_by_share(grants, MIDDLE_AND_END)
    return in_the_end / in_the_middle


def _growth(shop: Database, tick: int) -> dict[str, float]:
    say(f"Growing from nothing: {TICKS:,} ticks of {tick} holds.")
    rates = stock_lanes.grow(shop, open_sale(shop), HOLDING, TICKS, tick)
    found = {"first hundred": median(rates[:100]), "last hundred": median(rates[-100:])}
    say(", ".join(f"{name}: {rate:,.0f}/s" for name, rate in found.items()))
    return {"ticks": TICKS, "holds_per_tick": tick, **found}
