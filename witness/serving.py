"""Serve until SIGTERM or Ctrl-C."""

import signal
from threading import Thread
from types import FrameType

from witness.api import Api
from witness.book import Book
from witness.limits import Tokens
from witness.server import Server


def serve(book: Book, api: Api, host: str, port: int, tokens: Tokens | None) -> None:
    """Print the address, answer until told to stop, end what is being written, let go of the home."""
    server = Server((host, port), api, tokens)

    def stop(_signal: int, _frame: FrameType | None) -> None:
        # shutdown() waits for the loop that this handler has interrupted, so another thread must say it.
        Thread(target=server.shutdown).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    shown = f"[{host}]" if ":" in host else host
    print(f"witness {book.name} {book.public_key} listens on http://{shown}:{server.server_port}", flush=True)
    server.serve_forever(poll_interval=0.1)
    server.server_close()
    with book.lock:  # what is being written ends first
        book.close()
