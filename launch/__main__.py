"""`python3 -m launch COMMAND`: what the Makefile calls."""

from __future__ import annotations

import argparse
import sys

from launch import servers
from launch.places import Problem, data_folder


def main(arguments: list[str]) -> int:
    """Run one command; its exit code."""
    parser = argparse.ArgumentParser(prog="python3 -m launch")
    parser.add_argument("command", choices=["servers", "stop"])
    parser.add_argument("--data")
    chosen = parser.parse_args(arguments)
    data = data_folder(chosen.data)
    if chosen.command == "servers":
        found = servers.ensure(data, keep=True)
        print(f"DATABASE_URL={found.database_url}\nREDIS_URL={found.redis_url}")
    elif servers.stop(data):
        print("stopped")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except Problem as problem:
        print(problem, file=sys.stderr)
        sys.exit(1)
