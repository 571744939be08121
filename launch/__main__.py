"""`python3 -m launch COMMAND`: what the Makefile calls."""

import sys

# Before anything else is imported: older versions cannot even read it.
if sys.version_info < (3, 11):  # noqa: UP036 -- older ones do come here
    sys.exit(
        "Python %d.%d is too old: 3.11 or newer is needed.\n" % sys.version_info[:2]  # noqa: UP031 -- as above
        + "  → install python3.11 or newer; `make` takes it from the PATH, or as make PYTHON=/path/to/python3"
    )

from launch.commands import main
from launch.places import Problem

if __name__ == "__main__":
    # A terminal without UTF-8 shall not stop us at an arrow.
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]  # real streams have it
    try:
        sys.exit(main(sys.argv[1:]))
    except Problem as problem:
        print(f"\n{problem}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
