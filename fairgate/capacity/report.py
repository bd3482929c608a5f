"""The plan as JSON, and as a table with sentences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table

from fairgate.capacity.costs import Reference
from fairgate.capacity.plan import FULL, SPEED_ERROR, Ask, Plan

# Which PostgreSQL keeps for its administrator.
RESERVED = 3
LEVERS = {
    "web": "more web processes, and cores for them",
    "stock": "more stock processes; they help where several events sell at once",
    "worker": "more workers; until then mail is late and nothing else",
    "relay": "nothing yet: there is one; mail would be late",
    "postgres": "a machine with more cores for the database alone",
    "door": "a machine with more cores for the door, or a second door",
    "valkey": "a machine of its own for Valkey",
    "cores": "more cores: another machine, or a larger one",
}
NAMES = {"in time": "all served in time", "at once": "nobody waits"}


def as_json(
    ask: Ask, plans: list[Plan], starts: Mapping[str, str], needed: Mapping[str, int], **more: Any
) -> dict[str, Any]:
    return {
        "buyers": ask.buyers,
        "minutes": ask.minutes,
        "cores_of_a_machine": ask.cores,
        **more,
        "plans": [
            {
                "name": plan.name,
                "orders_per_s": _figures(plan.rate),
                "processes": dict(plan.counts),
                "machines": plan.machines,
                "cores": _figures(plan.cores),
                "cores_by_kind": {kind: _figures(cores) for kind, cores in plan.cores_by_kind.items()},
                "memory_mb": round(plan.memory_mb),
                "connections": needed[plan.name],
                "longest_wait_s": round(plan.longest_wait_s),
                "highest_orders_per_s": _figures(plan.highest_rate),
                "bottlenecks": [
                    {"kind": kind, "utilization": _figures(used), "lever": LEVERS[kind]}
                    for kind, used in plan.bottlenecks
                ],
                "beyond": plan.beyond,
                "command": starts.get(plan.name),
            }
            for plan in plans
        ],
    }


def show(console: Console, told: Mapping[str, Any], reference: Reference) -> None:
    console.print(f"{told['buyers']:,} buyers in {told['minutes']:g} minutes, {told['tickets']} tickets each\n")
    console.print(_table(told))
    for plan in told["plans"]:
        _say(console, plan)
    disk = told["database"]
    console.print(
        f"\n[bold]The database[/bold] grows by {disk['disk_mb']:,} MB and writes {disk['wal_mb']:,} MB of log"
        f" ({disk['wal_mb_per_s']:g} MB/s in the busiest minute)."
    )
    console.print(
        f"[bold]The error[/bold] is ±{told['error']:.0%}: the worst between what was foretold and measured at 1, 2 and"
        f" 4 processes. It is planned for already, and no part is planned fuller than {FULL:.0%}."
    )
    _machine(console, told, reference)


def _table(told: Mapping[str, Any]) -> Table:
    plans = told["plans"]
    table = Table("", *(NAMES[plan["name"]] for plan in plans))
    table.add_row("orders a second, at least", *(f"{plan['orders_per_s']:g}" for plan in plans))
    table.add_row("longest wait", *(_duration(plan["longest_wait_s"]) for plan in plans))
    for kind in plans[0]["processes"]:
        table.add_row(f"{kind} processes", *(str(plan["processes"][kind]) for plan in plans))
    table.add_row("door, relay, beat, PostgreSQL, Valkey", *("1 each" for _plan in plans))
    table.add_row("cores", *(f"{plan['cores']:.1f}" for plan in plans))
    table.add_row("… of these the database", *(f"{plan['cores_by_kind']['postgres']:.2f}" for plan in plans))
    table.add_row(f"machines of {told['cores_of_a_machine']} cores", *(str(plan["machines"]) for plan in plans))
    table.add_row("memory, MB", *(f"{plan['memory_mb']:,}" for plan in plans))
    table.add_row("database connections", *(str(plan["connections"]) for plan in plans))
    return table


def _say(console: Console, plan: Mapping[str, Any]) -> None:
    console.print(f"\n[bold]{NAMES[plan['name']].capitalize()}[/bold]")
    if plan["beyond"]:
        console.print(
            f"Too much for one installation: {plan['beyond']} bears {plan['highest_orders_per_s']:g} orders a second."
            f" {LEVERS[plan['beyond']].capitalize()}, or more minutes."
        )
    elif plan["command"]:
        console.print(f"  {plan['command']}", soft_wrap=True)
    else:
        counts = ", ".join(f"{number} {kind}" for kind, number in plan["processes"].items())
        console.print(
            f"On {plan['machines']} of these machines: {counts}, each by `fairgate run`, with a database of your own"
            f" whose max_connections is {plan['connections'] + RESERVED} or more (docs/operations/README.md)."
        )
    wait = plan["longest_wait_s"]
    console.print(
        f"The opening brings more than that: who comes then waits up to {_duration(wait)}. Without a waiting room they"
        ' see "This took too long", and the page asks again by itself; who holds places goes first.'
        if wait
        else "Nobody waits for a turn."
    )
    ranked = ", ".join(f"{each['kind']} {each['utilization']:.0%}" for each in plan["bottlenecks"][:4])
    console.print(f"Busy then: {ranked}. First to help: {plan['bottlenecks'][0]['lever']}.")


def _machine(console: Console, told: Mapping[str, Any], reference: Reference) -> None:
    if told["slower"] is None:
        console.print(f"The costs are those of {reference.machine}; `--measure` compares this machine with it.")
        return
    console.print(
        f"This machine takes {told['slower']:.2f} times as long as {reference.machine}, by a loop of Python; that a"
        f" loop stands for everything is taken to be wrong by up to {SPEED_ERROR:.0%}, which is in the error."
    )


def _duration(seconds: float) -> str:
    return f"{seconds / 60:.1f} min" if seconds >= 60 else f"{seconds:.0f} s"


def _figures(value: float) -> float:
    return float(f"{value:.3g}")
