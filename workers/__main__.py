"""`python -m workers run QUEUE …` works on queues; `python -m workers schedule` is the clockwork."""

import argparse

from supermarket.app import create_app
from supermarket.gateways.queue import QUEUES
from workers import schedule, worker


def main() -> None:
    """Read the command and stay until told to stop."""
    parser = argparse.ArgumentParser(prog="python -m workers", description="Works beside the site.")
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="work on queues, the first one first")
    run.add_argument("queues", nargs="+", choices=QUEUES)
    commands.add_parser("schedule", help="enqueue what it is time for")
    chosen = parser.parse_args()
    app = create_app()
    if chosen.command == "run":
        worker.work(app, chosen.queues)
    else:
        schedule.run(app)


if __name__ == "__main__":
    main()
