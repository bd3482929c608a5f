"""The benches are programs that import each other by their plain names: `python bench/x.py`, or `python -m bench.x`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
