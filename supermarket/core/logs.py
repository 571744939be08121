"""Logs as one JSON line an event: no local variables, no parameters of statements, so that nothing personal gets in."""

import logging
import sys

import structlog


def _to_stderr(*_names: object) -> structlog.PrintLogger:
    return structlog.PrintLogger(file=sys.stderr)  # looked up now: tests and servers put another one in its place


def configure_logs() -> None:
    """Write to standard error; safe to call again. A traceback names files, lines and calls, never values."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=_to_stderr,
        cache_logger_on_first_use=False,
    )
