"""Pages of an owner: its desk, purchases, contracts, acceptance, payment, rating; `pages` gathers them."""
