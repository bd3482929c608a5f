"""What many read and few change, kept for a moment: near in this process, and far on a server that all processes share.

    FACE = Kept("face", Face, fresh_s=60)

    face = cache().fetch(FACE, (organizer, event), scopes=[scopes.event(organizer, event)], build=read_it)

- **Near**, for up to a second, costs nothing. **Far**, on Valkey or Memcached, costs a round trip and outlives us.
- **One rebuild at a time**: one thread of a process asks (`flights`), one process builds (a lease, far). Who comes
  meanwhile gets what was there before; if there was nothing, waits. A builder that is killed leaves a lease that ends.
- **Refreshed early**, before everybody finds it expired, by one reader who is drawn by chance, the sooner the longer
  the rebuild takes: A. Vattani, F. Chierichetti, K. Lowenstein, "Optimal Probabilistic Cache Stampede Prevention",
  PVLDB 8(8), 2015.
- **Void at once when it changes**: a value names the generation of each scope it was read under (`scopes`); a bump
  gives a scope a new one. What was read before the bump and arrives after it is not stored, and would not be valid.
- **Never needed**: without its server everything works on, near only.

What comes from the server is sealed with the installation's key and is data, never code (`entries`), so whoever can
write there can make us read the database more often, and nothing else.

It never writes to the database, and whatever decides on stock or money never reads it.
"""

from fairgate.lib.cache.cache import Cache
from fairgate.lib.cache.connect import cache, connect
from fairgate.lib.cache.kept import Kept

__all__ = ["Cache", "Kept", "cache", "connect"]
