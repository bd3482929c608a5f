"""What limits a sale now, in a sentence, and what can be done about it: the first line of the on-sale page."""

from __future__ import annotations

from datetime import timedelta

from fairgate.console.notices import Notice
from fairgate.console.sale_facts import Facts, Kind
from fairgate.events.models import Event, EventState
from fairgate.lib.i18n import gettext as _
from fairgate.lib.i18n import ngettext
from fairgate.stock.catalog import Sale
from fairgate.ui import formats

# From here on people feel that they wait.
SLOW_MS = 1000
MAIL_IS_LATE = timedelta(minutes=2)


def limits_of(event: Event, facts: Facts) -> list[Notice]:
    """The first limits most; a sale that nothing limits has one that says so."""
    if event.state == EventState.DRAFT:
        return [Notice("info", _("Not on sale yet"), _("Only your team sees the event. Put it on sale on its page."))]
    if event.state == EventState.CLOSED:
        return [_paused(facts), *_troubles(facts)]
    found = [*_troubles(facts), *_places(event, facts)]
    return found or [
        Notice("good", _("Nothing limits the sale"), _("There are places, and whoever asked was answered quickly."))
    ]


def _paused(facts: Facts) -> Notice:
    text = _("Nobody can take places. Who has places may finish the order: %(held)s tickets are in checkouts.")
    return Notice("warn", _("The sale is paused"), text % {"held": formats.number(facts.held)})


def _troubles(facts: Facts) -> list[Notice]:
    found = []
    if busy := facts.in_last_minute("busy"):
        text = ngettext(
            "%(num)s person was asked to try again in the last minute. If it goes on, tell your operator.",
            "%(num)s people were asked to try again in the last minute. If it goes on, tell your operator.",
            busy,
        )
        found.append(Notice("bad", _("More people than the system answers"), text % {"num": formats.number(busy)}))
    slowest = facts.within_ms(0.95)
    if slowest is not None and (slowest < 0 or slowest > SLOW_MS):
        text = _("5 of 100 wait longer than a second for an answer. If it goes on, tell your operator.")
        found.append(Notice("warn", _("Answers are slow"), text))
    if facts.mail.oldest_at and facts.at - facts.mail.oldest_at > MAIL_IS_LATE:
        text = ngettext(
            "%(num)s mail waits. Orders are safe, and buyers see their tickets on the order page.",
            "%(num)s mails wait. Orders are safe, and buyers see their tickets on the order page.",
            facts.mail.waiting,
        )
        found.append(Notice("warn", _("Mail is late"), text % {"num": formats.number(facts.mail.waiting)}))
    return found


def _places(event: Event, facts: Facts) -> list[Notice]:
    on_sale = [kind for kind in facts.kinds if kind.sale == Sale.OPEN]
    if not on_sale:
        return [_closed_by_time(event, facts)]
    gone = [kind for kind in on_sale if not kind.left]
    if len(gone) == len(on_sale):
        return [_sold_out(facts)]
    if gone:
        text = _("%(names)s. Other tickets can still be had.") % {"names": _names(gone)}
        return [Notice("info", _("Some tickets are gone"), text)]
    return []


def _sold_out(facts: Facts) -> Notice:
    if facts.held:
        text = ngettext(
            "%(num)s ticket is in a checkout and may come back. Raise the number to sell more at once.",
            "%(num)s tickets are in checkouts and may come back. Raise the number to sell more at once.",
            facts.held,
        )
        return Notice("info", _("Every place is taken"), text % {"num": formats.number(facts.held)})
    return Notice("info", _("Sold out"), _("Every place is sold. Raise the number to sell more at once."))


def _closed_by_time(event: Event, facts: Facts) -> Notice:
    starts = [kind.sale_starts_at for kind in facts.kinds if kind.sale == Sale.EARLY and kind.sale_starts_at]
    if starts:
        when = formats.moment(min(starts), event.time_zone)
        return Notice("info", _("The sale has not begun"), _("It begins on %(when)s.") % {"when": when})
    return Notice("info", _("Nothing can be bought"), _("No ticket type is on sale, or the time to buy is over."))


def _names(kinds: list[Kind]) -> str:
    return ", ".join(kind.name for kind in kinds)
