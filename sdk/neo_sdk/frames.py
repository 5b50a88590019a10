"""Server-sent events, from bytes as they arrive to frames."""

from __future__ import annotations

from dataclasses import dataclass

MOST_WAITING = 1 << 24  # bytes of a frame that has not ended: no answer of ours is that long


@dataclass(frozen=True)
class Frame:
    """One event: its name, empty where it has none, and its data."""

    event: str
    data: bytes


class Frames:
    """Bytes in, whole frames out.

    Lines end with a line feed, and nothing else ends one: a title may hold any other character that Unicode calls a
    line break. Comments, and fields that nobody here needs, are passed over.
    """

    def __init__(self) -> None:
        self._rest = b""
        self._event = ""
        self._data: list[bytes] = []

    @property
    def waiting(self) -> int:
        """Bytes of a frame that has not ended."""
        return len(self._rest) + sum(map(len, self._data))

    def feed(self, chunk: bytes) -> list[Frame]:
        """The frames that end within `chunk`. Raises ValueError for one that does not seem to end at all."""
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        found = [frame for line in lines if (frame := self._line(line.removesuffix(b"\r"))) is not None]
        if self.waiting > MOST_WAITING:
            raise ValueError(f"a frame has more than {MOST_WAITING:,} bytes")
        return found

    def _line(self, line: bytes) -> Frame | None:
        if not line:
            frame = Frame(self._event, b"\n".join(self._data)) if self._data else None
            self._event, self._data = "", []
            return frame
        field, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if field == b"event":
            self._event = value.decode(errors="replace")
        elif field == b"data":
            self._data.append(value)
        return None
