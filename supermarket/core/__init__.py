"""The kernel: clock, money, states, permissions, events, the one commit. May import extensions only; knows no Flask request."""
