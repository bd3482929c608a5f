"""What an operator should look at, worst first: each finding names what was seen and where to go on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from fairgate.console.notices import Notice
from fairgate.console.operations import Operations, Pool
from fairgate.lib.i18n import gettext as _
from fairgate.lib.i18n import ngettext
from fairgate.ui import formats

# Mail that waits so long while none goes out is stuck, not late.
STUCK = timedelta(minutes=5)
LAG_BYTES = 16 * 1024 * 1024
LAG_S = 5.0
LONG_S = 60.0
FULL_SHARE = 0.9


def findings_of(seen: Operations, pool: Pool | None) -> list[Notice]:
    """Nothing found is one that says so."""
    found = [*_processes(seen), *_queue(seen), *_database(seen), *_replicas(seen), *_pool(pool), *_servers(seen)]
    found.sort(key=lambda finding: finding.kind != "bad")
    return found or [Notice("good", _("Nothing needs a hand"), _("Everything that this page asks answers in time."))]


def _processes(seen: Operations) -> Iterator[Notice]:
    ill = [f"{one.name} {one.index}: {one.state}" for one in seen.processes or () if not one.is_well]
    if ill:
        text = _("%(names)s. See docs/runbooks/processes.md.") % {"names": ", ".join(ill)}
        yield Notice("bad", _("A process does not run"), text)


def _queue(seen: Operations) -> Iterator[Notice]:
    outbox = seen.outbox
    if _is_stuck(seen):
        text = ngettext(
            "%(num)s mail waits, and none was sent for 5 minutes. See docs/runbooks/mail.md.",
            "%(num)s mails wait, and none was sent for 5 minutes. See docs/runbooks/mail.md.",
            outbox.mails,
        ) % {"num": formats.number(outbox.mails)}
        yield Notice("bad", _("No mail goes out"), text)
    elif outbox.untried:
        text = ngettext(
            "%(num)s effect waits for a minute and was never tried. Do relay and worker run, does the broker answer?",
            "%(num)s effects wait for a minute and were never tried. Do relay and worker run, does the broker answer?",
            outbox.untried,
        ) % {"num": formats.number(outbox.untried)}
        yield Notice("bad", _("No worker takes what is due"), text)
    elif outbox.oldest_at and seen.at - outbox.oldest_at > STUCK:
        text = ngettext(
            "%(num)s effect is being tried again. The worker's log says why it fails: docs/runbooks/mail.md.",
            "%(num)s effects wait or are being tried again. The worker's log says why: docs/runbooks/mail.md.",
            outbox.waiting,
        ) % {"num": formats.number(outbox.waiting)}
        yield Notice("warn", _("Effects are late"), text)
    if outbox.parked:
        text = ngettext(
            "%(num)s effect was given up after eight tries. Put right what was in its way, then try it again.",
            "%(num)s effects were given up after eight tries. Put right what was in their way, then try them again.",
            outbox.parked,
        ) % {"num": formats.number(outbox.parked)}
        yield Notice("warn", _("Given up"), text)


def _is_stuck(seen: Operations) -> bool:
    waits_since, sent_at = seen.outbox.oldest_mail_at, seen.outbox.mail_done_at
    return _is_older(waits_since, seen.at) and (sent_at is None or _is_older(sent_at, seen.at))


def _is_older(at: datetime | None, now: datetime) -> bool:
    return at is not None and now - at > STUCK


def _database(seen: Operations) -> Iterator[Notice]:
    its = seen.database
    if its.connections >= FULL_SHARE * its.most_connections:
        text = _("%(used)s of %(most)s connections are taken; the next ones are refused.")
        told = {"used": its.connections, "most": its.most_connections}
        yield Notice("bad", _("The database is running out of connections"), text % told)
    if its.longest_s > LONG_S:
        text = _("One has been open for %(seconds)s seconds. It may hold locks, and keeps old rows from being cleared.")
        yield Notice("warn", _("A long transaction"), text % {"seconds": formats.number(round(its.longest_s))})


def _replicas(seen: Operations) -> Iterator[Notice]:
    for replica in seen.replicas:
        if replica.state == "away":
            text = _("%(name)s is not connected; the database keeps %(size)s for it. See docs/runbooks/standby.md.")
            told = {"name": replica.name, "size": size(replica.lag_bytes or 0)}
            yield Notice("warn", _("A replica is away"), text % told)
        elif (replica.lag_bytes or 0) > LAG_BYTES or (replica.lag_s or 0) > LAG_S:
            text = _(
                "%(name)s is %(size)s behind. Pages that may read from it read from the primary until it has caught up."
            )
            told = {"name": replica.name, "size": size(replica.lag_bytes or 0)}
            yield Notice("warn", _("A replica lags"), text % told)


def _pool(pool: Pool | None) -> Iterator[Notice]:
    if pool is not None and pool.waiting:
        text = ngettext(
            "In this process %(num)s request waits for a connection; all %(most)s are out.",
            "In this process %(num)s requests wait for a connection; all %(most)s are out.",
            pool.waiting,
        )
        yield Notice("bad", _("The pool is empty"), text % {"num": pool.waiting, "most": pool.most})


def _servers(seen: Operations) -> Iterator[Notice]:
    if seen.broker.ms is None:
        text = _("Nothing is lost: what is due waits in the database. Mail goes out once the broker is back.")
        yield Notice("bad", _("The broker does not answer"), text)
    if seen.valkey.ms is None:
        text = _("Sales go on. Pages cost the database more meanwhile.")
        yield Notice("warn", _("Valkey does not answer"), text)


def size(count: int) -> str:
    """Of bytes, to read."""
    amount, unit = float(count), "B"
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if amount < 1000 or unit == "TB":
            break
        amount /= 1000
    return f"{amount:.0f} {unit}" if unit == "B" or amount >= 10 else f"{amount:.1f} {unit}"
