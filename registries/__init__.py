"""Stand-ins for the registers of the outside world, for demonstrations and tests; a program of its own.

It imports nothing of the market and the market nothing of it. Never let it answer for a real market.
"""
