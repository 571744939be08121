"""gunicorn's settings for `make run` and for production; the environment overrides address and number of workers."""

import os
from pathlib import Path
from typing import Any

_MEMORY = Path("/dev/shm")  # noqa: S108 -- only heartbeat files of gunicorn's own naming go there

bind = os.environ.get("BIND", "127.0.0.1:8000")
workers = int(os.environ.get("WEB_WORKERS", "2"))
worker_class = "sync"
# One copy of the program in memory, shared by the workers until they write to it.
preload_app = True
timeout = 60
graceful_timeout = 8
# A worker is renewed before small leaks add up; not all at the same moment.
max_requests = 20_000
max_requests_jitter = 2_000
control_socket_disable = True
worker_tmp_dir = str(_MEMORY) if _MEMORY.is_dir() else None
forwarded_allow_ips = os.environ.get("FORWARDED_ALLOW_IPS", "127.0.0.1")
errorlog = "-"
accesslog = None


def post_fork(server: Any, worker: Any) -> None:
    """A connection opened while the program was loaded belongs to the parent: the child lets go of it, unclosed."""
    app = server.app.wsgi()
    with app.app_context():
        for engine in app.extensions["sqlalchemy"].engines.values():
            engine.dispose(close=False)
