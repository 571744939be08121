"""The commands of `flask --app wsgi …`; each a thin call of operations. One file per group; `register` binds them."""

from flask import Flask

from supermarket.cli import accounts, audit, bench, demo, draw, keys, quotes, registers, selection, times, witnesses

COMMANDS = (
    accounts.group,
    audit.group,
    bench.group,
    demo.group,
    draw.group,
    keys.group,
    quotes.group,
    *registers.COMMANDS,
    selection.group,
    *times.COMMANDS,
    witnesses.group,
)


def register(app: Flask) -> None:
    """Bind the commands."""
    for command in COMMANDS:
        app.cli.add_command(command)
