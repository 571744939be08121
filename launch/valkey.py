"""A Valkey (or Redis) of our own on a free port of 127.0.0.1, with a password."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

from launch.binaries import redis
from launch.places import Problem, tail
from launch.processes import alive, end, free_port, remember, wait_until

_START_SECONDS = 30.0


def answers(url: str) -> bool:
    """Whether the server at this address takes its password and says PONG."""
    parts = urlsplit(url)
    try:
        with socket.create_connection((parts.hostname or "127.0.0.1", parts.port or 6379), timeout=2) as link:
            login = f"AUTH {parts.password}\r\n" if parts.password else ""
            link.sendall(f"{login}PING\r\n".encode())
            heard = b""
            while heard.count(b"\r\n") < (2 if login else 1):
                part = link.recv(4096)
                if not part:
                    return False
                heard += part
    except OSError:
        return False
    return heard.endswith(b"+PONG\r\n")


def start(data: Path, *, throwaway: bool) -> tuple[str, int]:
    """Start the server on DATA/valkey. Gives its address and process id; raises Problem."""
    home = data / "valkey"
    home.mkdir(mode=0o700, exist_ok=True)
    log = data / "logs" / "valkey.log"
    program = redis()
    for _ in range(3):  # another program may take the port between our look and the server's
        port, password = free_port(), secrets.token_hex(16)
        settings = home / "valkey.conf"
        settings.touch(mode=0o600)
        # The password stands in a file of ours alone: arguments are seen by every user of the machine.
        settings.write_text(
            f'bind 127.0.0.1\nport {port}\nrequirepass {password}\ndir "{home}"\ndaemonize no\n'
            f'appendonly {"no" if throwaway else "yes"}\nsave ""\nmaxmemory 0\nmaxmemory-policy noeviction\n',
            encoding="utf-8",
        )
        with log.open("ab") as output:
            server = subprocess.Popen(
                [str(program), str(settings)],
                stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True, cwd=home,
                env={**os.environ, "LC_ALL": "C"},
            )  # fmt: skip
        remember(server)
        url = f"redis://:{password}@127.0.0.1:{port}/0"
        pid = server.pid
        wait_until(lambda url=url, pid=pid: answers(url) or not alive(pid), _START_SECONDS)  # type: ignore[misc]  # binds the loop
        if answers(url):
            return url, pid
        stop(pid)
    raise Problem(f"{program.name} did not start (log: {log})\n{tail(log)}", "read the log; or set REDIS_URL")


def stop(pid: int) -> None:
    """Let the server write what it holds, and end it."""
    end(pid, signal.SIGTERM, 15)
