"""One file per job; `run` is called within an application context, with ids only. The table: supermarket.jobs."""
