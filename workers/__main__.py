"""`python -m workers run QUEUE …` works on queues; `python -m workers schedule` is the clockwork; `all` is
both, for one small machine."""

import argparse
import sys

from supermarket.foundation import make_foundation
from supermarket.gateways.queue import QUEUES
from workers import schedule, together, worker


def main() -> None:
    """Read the command and stay until told to stop."""
    parser = argparse.ArgumentParser(prog="python -m workers", description="Works beside the site.")
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="work on queues, the first one first")
    run.add_argument("queues", nargs="+", choices=QUEUES)
    commands.add_parser("schedule", help="enqueue what it is time for")
    commands.add_parser("all", help="a worker for urgent, one for the rest, and the clockwork, sharing their memory")
    chosen = parser.parse_args()
    app = make_foundation()
    if chosen.command == "run":
        worker.work(app, chosen.queues)
    elif chosen.command == "schedule":
        schedule.run(app)
    else:
        sys.exit(together.run(app))


if __name__ == "__main__":
    main()
