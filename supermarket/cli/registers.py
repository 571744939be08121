"""`flask matters`, `agencies`, `registries`, `search`: the registers from files, checks by hand, the search index."""

from click import Command

COMMANDS: tuple[Command, ...] = ()
