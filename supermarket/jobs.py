"""The table of jobs: name → function of workers/jobs. Nothing else can be enqueued (gateways.queue)."""

JOBS = {
    "auctions": "workers.jobs.auctions.run",
    "tick": "workers.jobs.tick.run",
    "slot": "workers.jobs.slot.run",
    "check_run": "workers.jobs.check_run.run",
    "mail_notices": "workers.jobs.mail_notices.run",
}
