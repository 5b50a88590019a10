from __future__ import annotations

import pytest

from neo_sdk import frames
from neo_sdk.frames import Frame, Frames

SENT = (
    b": a comment\n\nevent: text\ndata: one\n\ndata:two\ndata: three\nid: 7\n\r\n"
    b"event: item\r\ndata: \xe2\x80\xa8 \xc2\x85 \x0b\r\n\r\nevent: nothing\n\ndata: [DONE]\n\ndata: half"
)
READ = [
    Frame("text", b"one"),
    Frame("", b"two\nthree"),
    Frame("item", b"\xe2\x80\xa8 \xc2\x85 \x0b"),  # no line feed, so no end of a line
    Frame("", b"[DONE]"),
]


def test_frames_are_the_same_wherever_the_bytes_are_cut() -> None:
    assert Frames().feed(SENT) == READ
    for cut in range(len(SENT)):
        reader = Frames()
        assert reader.feed(SENT[:cut]) + reader.feed(SENT[cut:]) == READ
    reader = Frames()
    assert [frame for place in range(len(SENT)) for frame in reader.feed(SENT[place : place + 1])] == READ


@pytest.mark.parametrize("endless", [b"data: xxxx", b"data: xxxx\n"])
def test_a_frame_without_an_end_is_given_up(endless: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frames, "MOST_WAITING", 100)
    reader = Frames()
    with pytest.raises(ValueError, match="more than 100 bytes"):
        for _ in range(100):
            reader.feed(endless)
