"""The version of this program, and the one file that it runs from."""

import sys
from pathlib import Path

VERSION = "2.1.0"


def one_file() -> Path | None:
    """The file that was built by `make witness`, None where the program runs from its source."""
    started = Path(sys.argv[0]).resolve() if sys.argv and sys.argv[0] else None
    return started if started is not None and started.is_file() and started.suffix == ".pyz" else None
