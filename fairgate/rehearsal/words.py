"""The sentences of a report, for the organizer who reads it and for the terminal. No Django."""

from __future__ import annotations

from typing import Any

Result = dict[str, Any]

OUTCOMES = {
    "bought": "bought tickets",
    "left": "left their basket behind",
    "gave back": "gave their places back",
    "sold out": "were told that nothing is left",
    "busy": "gave up after being told to wait again and again",
    "lost": "got no answer in time, and gave up",
    "refused": "were refused for another reason",
    "on the way": "were still on their way at the end",
}


def ms(value: float | None) -> str:
    if value is None:
        return "–"  # noqa: RUF001
    return f"{value:,.0f} ms" if value < 1000 else f"{value / 1000:,.1f} s"


def span(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:,.0f} seconds" if round(seconds) != 1 else "a second"
    return f"{seconds / 60:,.0f} minutes"


def verdict(result: Result) -> str:
    sold = result["sold"]
    if not result["exact"]:
        wrong = next(check for check in result["checks"] if not check["is_right"])
        return f"Not exact. {wrong['rule']}: {wrong['says']}."
    return f"Exact: {sold['sold']:,} of {sold['places']:,} places sold, none of them twice."


def story(result: Result) -> str:
    sold, pieces = result["sold"], result["fast"]["over_time"]
    peak = max((piece["came"] / piece["seconds"] for piece in pieces), default=0)
    said = (
        f"{result['buyers']:,} buyers came within {span(result['seconds'])}, up to {peak:,.0f} a second, for"
        f" {sold['places']:,} places. {result['outcomes'].get('bought', 0):,} of them bought"
        f" {sold['tickets']:,} tickets."
    )
    if sold["full_after_s"] is not None:
        said += f" The last place was taken {span(sold['full_after_s'])} after the opening."
    return said


def notes(result: Result) -> list[str]:
    said = []
    if result["is_cut"]:
        said.append("It was ended before everybody had left, so some buyers' stories have no end.")
    if result["mails"]["not_made_yet"]:
        said.append(f"{result['mails']['not_made_yet']:,} mails had not been made when it ended.")
    if odd := result["generator"]["unexpected_answers"]:
        step, status, request = odd[0]
        said.append(f"Some answers should not be: {step} answered {status} (request {request}).")
    return said


def fair(result: Result) -> tuple[str, str]:
    """A figure, and what it means."""
    found = result["fair"]
    if found["first_come"] is None:
        figure = "–" if found["tau"] is None else f"{1 - found['pairs_in_disorder'] / found['pairs']:.1%}"  # noqa: RUF001
        return figure, "of all pairs of buyers were served in the order in which they asked. There was enough for all."
    says = "of the time, who asked first got the places; chance would be 50 %."
    if found["passed_over"]:
        says += (
            f" {found['passed_over']:,} who got none had asked up to {found['longest_s']:,.1f} seconds before the last"
            " who got some."
        )
    else:
        says += " Nobody was passed over by one who asked more than a second later."
    return f"{found['first_come']:.1%}", says


def summary(result: Result) -> list[str]:
    """For a terminal."""
    figure, says = fair(result)
    fast = result["fast"]
    return [
        verdict(result),
        story(result),
        *notes(result),
        f"Fair: {figure} {says}",
        f"Fast: half of all answers within {ms(fast['all_ms']['p50'])}, 95 of 100 within {ms(fast['all_ms']['p95'])};"
        f" {fast['within_a_second'] or 0:.1%} within a second.",
        *(f"Limit: {sentence}" for sentence in result["limits"]["says"]),
        *result["faults"],
        bears(result)[0],
    ]


def bears(result: Result) -> list[str]:
    judged = result["limits"]
    if judged["bears"] is None:
        return ["Unknown: the processes do not run on this machine, so what they cost could not be seen."]
    cost = sum(judged["cpu_ms_a_buyer"].values())
    parts = sorted(judged["cpu_ms_a_buyer"].items(), key=lambda one: -one[1])
    named = ", ".join(f"{kind} {value:.1f}" for kind, value in parts if value >= 0.05)
    return [
        f"About {judged['bears']:,} buyers who come like these would keep {judged['bears_by']} 80 % busy in the busiest"
        " ten seconds; beyond that, waits grow quickly.",
        f"A buyer cost {cost:.1f} ms of processor time here, looking and buying together ({named}).",
        "This counts the processors of this machine alone, and buyers who come from elsewhere. Only so many can buy,"
        " and who finds nothing left costs less, so it is a cautious number.",
    ]


def method(result: Result) -> list[str]:
    habits, generator = result["assumptions"]["habits"], result["generator"]
    return [
        f"Buyers came as they do when a sale opens: 60 of 100 had waited for the moment, the others came by later"
        " (formula and sources in report.json). They read, chose and typed with pauses of people's lengths,"
        f" {habits['programs']:.0%} came by a program, {habits['double_clicks']:.0%} clicked twice,"
        f" {habits['reloads']:.0%} loaded a page again, {habits['leave']:.0%} left their basket behind,"
        f" {habits['give_back']:.0%} gave their places back. Who was told to wait came back after that time, up to"
        f" {habits['tries']} times.",
        f"They made {generator['requests']:,} requests, each with {generator['cpu_ms_a_request']:.2f} ms of processor"
        f" time on their side. At most {generator['most_in_shop']:,} of them were in the shop at once. Styles and"
        " pictures, which browsers keep, were not fetched.",
        "It was sold in a copy of the event that stood in no list. The copy is gone, with its orders;"
        f" {result['mails']['made_and_kept_back']:,} mails were made like real ones and not sent.",
        "Fair is measured from the moment when a buyer first asked for places, until nothing was left for the first"
        " time. Places that came back later went to whoever asked then.",
    ]
