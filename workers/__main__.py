"""`python -m workers run QUEUE …` works on queues; `python -m workers schedule` is the clockwork; `all` is
both, for one small machine. `live` serves the live pages."""

import argparse
import sys

from supermarket.foundation import make_foundation
from supermarket.gateways.queue import QUEUES
from workers import live, schedule, together, worker


def main() -> None:
    """Read the command and stay until told to stop."""
    parser = argparse.ArgumentParser(prog="python -m workers", description="Works beside the site.")
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="work on queues, the first one first")
    run.add_argument("queues", nargs="+", choices=QUEUES)
    commands.add_parser("schedule", help="enqueue what it is time for")
    commands.add_parser("all", help="a worker for urgent, one for the rest, and the clockwork, sharing their memory")
    serve = commands.add_parser("live", help="serve the live pages of auctions")
    serve.add_argument("--host", default="127.0.0.1")
    serve.add_argument("--port", type=int, required=True)
    chosen = parser.parse_args()
    app = make_foundation()
    if chosen.command == "run":
        worker.work(app, chosen.queues)
    elif chosen.command == "schedule":
        schedule.run(app)
    elif chosen.command == "live":
        live.run(app, chosen.host, chosen.port)
    else:
        sys.exit(together.run(app))


if __name__ == "__main__":
    main()
