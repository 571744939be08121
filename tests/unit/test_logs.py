"""What a crash writes: where, never with which values."""

import json

import pytest
import structlog

from supermarket.core.logs import configure_logs


def test_a_traceback_names_no_values(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs()
    password = "correct horse battery"  # what must not be seen
    try:
        raise ValueError(len(password))
    except ValueError as error:
        structlog.get_logger().error("crash", path="/sign-in", exc_info=error)
    line = json.loads(capsys.readouterr().err)
    assert (line["event"], line["path"], line["level"]) == ("crash", "/sign-in", "error")
    assert "test_logs.py" in line["exception"]
    assert "correct horse" not in line["exception"]
