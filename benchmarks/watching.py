"""Many watchers of one auction in one loop: when each heard of each entry."""

import asyncio
import threading
import time
from dataclasses import dataclass, field


@dataclass
class Seen:
    """One watcher: seq → the machine's time at which it came."""

    came: dict[int, float] = field(default_factory=dict)
    last: int = -1

    async def watch(self, port: int, code: str) -> None:
        """Read until cancelled. The id of a message is the last seq that it brings."""
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**24)
        head = f"GET /live/auctions/{code} HTTP/1.1\r\nHost: live\r\nLast-Event-ID: {self.last}\r\n\r\n"
        writer.write(head.encode())
        try:
            while line := await reader.readline():
                if line.startswith(b"id: "):
                    now, seq = time.time(), int(line[4:])
                    for number in range(self.last + 1, seq + 1):
                        self.came[number] = now
                    self.last = max(self.last, seq)
        finally:
            writer.close()


async def watch(seen: list[Seen], port: int, code: str, enough: threading.Event) -> None:
    """All of them until it is enough."""
    tasks = [asyncio.create_task(one.watch(port, code)) for one in seen]
    while not enough.is_set():
        await asyncio.sleep(0.1)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
