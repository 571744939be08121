"""The demonstration market: invented bodies, accounts to try, and a year of purchases played through the real operations.

Nothing here writes past the rooms' operations, and nothing runs where `DEMO` is off.
"""
