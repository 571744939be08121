"""What works beside the site: queue workers, the schedule, and one thin file per job. Each job is safe to run twice."""
