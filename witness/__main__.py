"""`python -m witness serve --home DIR --port N`: run the witness until SIGTERM or Ctrl-C."""

import argparse
import ipaddress
import re
import signal
import sys
from pathlib import Path
from threading import Thread
from types import FrameType

from witness.book import Book
from witness.clock import Clock
from witness.errors import CannotStart
from witness.server import Api, Server


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="witness", description="Signs once and for good what it is shown.")
    serve = parser.add_subparsers(dest="command", required=True).add_parser("serve", help="answer over HTTP")
    serve.add_argument("--home", type=Path, required=True, help="folder of the key and the journal, its own (0700)")
    serve.add_argument("--port", type=int, required=True, help="TCP port; 0 takes a free one and prints it")
    serve.add_argument("--host", default="127.0.0.1", help="address to listen on (default: this machine only)")
    serve.add_argument("--name", default="witness", help="the name that receipts carry in `by`")
    serve.add_argument("--token-file", type=Path, help="POST needs `Authorization: Bearer` with this file's content")
    serve.add_argument("--clock-file", type=Path, help="demo only: seconds to add to the time, or the time itself")
    return parser.parse_args()


def read_token(path: Path | None, host: str) -> str | None:
    """The operator's token; without one only this machine may ask. Raises CannotStart."""
    if path is None:
        if not ipaddress.ip_address(host).is_loopback:
            raise CannotStart("Beyond this machine a --token-file is needed: whoever may ask first gets the receipt.")
        return None
    token = path.read_text("ascii").strip()
    if len(token) < 32:
        raise CannotStart(f"{path} must hold a token of 32 characters or more.")
    return token


def main() -> None:
    """Start, print the address, serve until told to stop."""
    given = arguments()
    if not re.fullmatch(r"[a-z0-9][a-z0-9.-]{0,63}", given.name):
        sys.exit("witness: a name has lower-case letters, digits, dots and dashes.")
    try:
        token = read_token(given.token_file, given.host)
        book = Book(given.home, Clock(given.clock_file), given.name)
        server = Server((given.host, given.port), Api(book), token)
    except (CannotStart, OSError, ValueError) as error:
        sys.exit(f"witness: {error}")

    def stop(_signal: int, _frame: FrameType | None) -> None:
        # shutdown() waits for the loop that this handler has interrupted, so another thread must say it.
        Thread(target=server.shutdown).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    host = f"[{given.host}]" if ":" in given.host else given.host
    print(f"witness {given.name} {book.public_key} listens on http://{host}:{server.server_port}", flush=True)
    server.serve_forever(poll_interval=0.1)
    server.server_close()
    with book.lock:  # what is being written ends first
        book.close()


if __name__ == "__main__":
    main()
