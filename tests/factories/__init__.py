"""Plain factories: each `make_*` puts one believable thing into the database of the test."""
