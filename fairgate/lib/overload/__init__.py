"""What a process does when more is asked of it than it can do: less at a time, in the order of what is at stake.

Nearly all that is refused is refused by the door, whose queue costs next to nothing (docs/scaling.md, "Overload").
What gets past it waits here for its turn; so does what came to the process by another way than our door.
"""

from fairgate.lib.overload.turns import Turns
from fairgate.lib.overload.wsgi import WithTurns

__all__ = ["Turns", "WithTurns"]
