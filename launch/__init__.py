"""Sets up, starts, tests and stops the market on a bare machine.

Runs before the virtual environment exists, so it uses the standard library alone and imports nothing of the
product. The product may import `launch.servers` to find its database and queue.
"""
