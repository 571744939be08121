"""`python -m benchmarks pages|reverify|auction`, which `flask bench …` and `make bench` call."""

import argparse

from benchmarks import auction, pages, reverify
from launch.servers import ensure
from supermarket.app import create_app


def main() -> int:
    """Read the command and measure; 1 where a page needed more statements than it may."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    commands = parser.add_subparsers(dest="command", required=True)
    asked = commands.add_parser("pages", help="list pages beside bare Flask pages of the same size")
    asked.add_argument("--agencies", type=int, default=20_000)
    asked.add_argument("--projects", type=int, default=20_000)
    asked.add_argument("--seconds", type=float, default=3.0)
    night = commands.add_parser("reverify", help="the nightly checks beside their bare questions")
    night.add_argument("--agencies", type=int, default=20_000)
    bids = commands.add_parser("auction", help="accepted bids beside bare commits, and watchers")
    bids.add_argument("--seconds", type=float, default=5.0)
    bids.add_argument("--watchers", type=int, default=300)
    chosen = parser.parse_args()
    if chosen.command == "auction":
        kept = auction.run(ensure(), create_app, seconds=chosen.seconds, watchers=chosen.watchers, say=_say)
        return 0 if kept else 1
    if chosen.command == "reverify":
        return 0 if reverify.run(ensure(), create_app, agencies=chosen.agencies, say=_say) else 1
    kept = pages.run(
        ensure(),
        create_app,
        agencies=chosen.agencies,
        projects=chosen.projects,
        seconds=chosen.seconds,
        say=_say,
    )
    return 0 if kept else 1


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
