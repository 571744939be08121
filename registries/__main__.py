"""`python -m registries serve --home DIR --port N`: answer for the registers of the outside world until SIGTERM or Ctrl-C."""

import argparse
import ipaddress
import signal
import sys
from pathlib import Path
from threading import Thread
from types import FrameType

from registries.facts import Facts
from registries.modes import Board
from registries.server import Api, Server


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="registries", description="Stands in for registers, in demonstrations.")
    serve = parser.add_subparsers(dest="command", required=True).add_parser("serve", help="answer over HTTP")
    serve.add_argument("--home", type=Path, required=True, help="folder with <registry>/<question>.csv")
    serve.add_argument("--port", type=int, required=True, help="TCP port; 0 takes a free one and prints it")
    serve.add_argument("--host", default="127.0.0.1", help="address of this machine (loopback only)")
    return parser.parse_args()


def main() -> None:
    """Start, print the address, serve until told to stop."""
    given = arguments()
    try:
        if not ipaddress.ip_address(given.host).is_loopback:
            sys.exit("registries: this stand-in invents its answers; it listens on loopback only.")
        server = Server((given.host, given.port), Api(Facts(given.home), Board(), given.home / "people.json"))
    except (OSError, ValueError, OverflowError) as error:
        sys.exit(f"registries: {error}")

    def stop(_signal: int, _frame: FrameType | None) -> None:
        # shutdown() waits for the loop that this handler has interrupted, so another thread must say it.
        Thread(target=server.shutdown).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    host = f"[{given.host}]" if ":" in given.host else given.host
    print(f"registries listens on http://{host}:{server.server_port}", flush=True)
    server.serve_forever(poll_interval=0.1)
    server.server_close()


if __name__ == "__main__":
    main()
