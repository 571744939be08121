"""Scores of contracts, stars (评价). May import core … deliverables."""
