"""HTTP/1.1 for as little of a processor as it takes: who measures a server on its own machine takes little from it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Reply:
    """headers: names in lower case; body: the whole of it."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Connection:
    """One connection that is kept, for one request after the other. Use `async with`."""

    def __init__(self, host: str, port: int) -> None:
        self.host, self.port = host, port

    async def __aenter__(self) -> Connection:
        self._reader, self._writer = await asyncio.open_connection(self.host, self.port, limit=1 << 20)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._writer.close()

    async def post(self, path: str, body: bytes) -> Reply:
        """OSError, EOFError or ValueError where what comes is not a whole answer."""
        head = f"POST {path} HTTP/1.1\r\nhost: {self.host}:{self.port}\r\ncontent-type: application/json\r\n"
        self._writer.write(f"{head}content-length: {len(body)}\r\n\r\n".encode() + body)
        first, *lines = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").strip().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        if headers.get("transfer-encoding") == "chunked":
            text = await self._chunks()
        else:
            text = await self._reader.readexactly(int(headers["content-length"]))
        return Reply(int(first.split(" ")[1]), headers, text)

    async def _chunks(self) -> bytes:
        chunks = []
        while size := int(await self._reader.readline(), 16):
            chunks.append((await self._reader.readexactly(size + 2))[:-2])
        await self._reader.readline()
        return b"".join(chunks)
