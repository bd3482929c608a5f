"""Python reads this as it starts, when its folder is on PYTHONPATH: a process for which a file lies ready, named after
its port, starts over with a clock that is wrong by so much. Its monotonic clock stays true, as a machine's does.
"""

import os
import sys

_listen = sys.orig_argv[-1] if "--listen" in sys.orig_argv else ""
_file = os.path.join(os.environ.get("OTHER_CLOCKS", ""), _listen.rpartition(":")[2])

if _listen and "FAKETIME" not in os.environ and os.path.isfile(_file):
    with open(_file) as _lines:
        _shift = _lines.read()
    os.environ |= {
        "LD_PRELOAD": os.environ["OTHER_CLOCKS_LIBRARY"],
        "FAKETIME": _shift,
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
    os.execv(sys.executable, sys.orig_argv)
