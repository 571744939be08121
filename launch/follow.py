"""`python follow.py PARENT COMMAND…`: becomes COMMAND, which on Linux is told to end when PARENT dies, however it dies.

So nothing keeps the port, or works on alone, after the launcher was killed.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1  # prctl(2)


def main(parent: int, command: list[str]) -> None:
    """Replace this process by the command."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # it died before we asked
            sys.exit("the launcher is gone")
    os.execv(command[0], command)  # noqa: S606 -- a program of the launcher's own choice


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
