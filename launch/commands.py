"""The commands of `python3 -m launch`."""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

from launch import checks, environment, frontend, postgres, run, servers
from launch.one_file import build
from launch.places import Problem, data_folder, make_data_folder


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python3 -m launch", description="Sets up, starts, tests and stops the market."
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def add(name: str, text: str) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=text, description=text)
        made.add_argument("--data", help="folder of databases and files (default: the DATA variable, else var/)")
        return made

    site = add("run", "set up, start everything, stop it on Ctrl-C")
    site.add_argument("--host", default="127.0.0.1")
    site.add_argument("--port", type=int, default=8000)
    add("stop", "stop what runs on this DATA")
    add("set-up", "environment, front-end packages and translations only")
    add("servers", "start PostgreSQL and Valkey in the background and print their addresses")
    one_file = add("witness", "build the regulator's witness as one file")
    one_file.add_argument("--to", default="dist/witness.pyz", help="the file to write")
    add("clean-data", "delete this DATA: databases, files, keys, logs")
    tests = add("test", "everything that CI runs")
    tests.add_argument("pytest", nargs="*", help="arguments for pytest (after --) instead of all its folders")
    return parser


def _clean(data_name: str | None) -> None:
    data = data_folder(data_name)
    if not data.exists():
        return
    if not (data / "servers.lock").exists():
        raise Problem(f"{data} does not look like a DATA folder of this program", "delete it yourself if you mean it")
    run.stop(data)
    postgres.remove(data)
    shutil.rmtree(data)
    print(f"deleted {data}")


def _set_up(data_name: str | None) -> None:
    data = data_folder(data_name)
    make_data_folder(data)
    log = data / "logs" / "set-up.log"
    environment.set_up(log, tests=True)
    frontend.set_up(log)


def main(arguments: list[str]) -> int:
    """Run one command; its exit code. Raises Problem."""
    chosen = _parser().parse_args(arguments)
    data = data_folder(chosen.data)
    match chosen.command:
        case "run":
            return run.run(data, chosen.host, chosen.port)
        case "test":
            return checks.run(chosen.pytest)
        case "servers":
            found = servers.ensure(data, keep=True)
            print(f"DATABASE_URL={found.database_url}\nREDIS_URL={found.redis_url}\nStop them: make stop")
        case "stop":
            print("stopped" if run.stop(data) else f"nothing runs on {data}")
        case "witness":
            make_data_folder(data)
            target = Path(chosen.to).absolute()
            print(f"SHA-256 {build(data, target)}\n{target}  {target.stat().st_size:,} bytes")
        case "clean-data":
            _clean(chosen.data)
        case "set-up":
            _set_up(chosen.data)
    return 0
