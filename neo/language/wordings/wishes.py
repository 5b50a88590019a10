"""What people wish of an item, and what to avoid, in words: fragments for each aspect, and frames to say them in.

"Something calm and under half an hour, not true crime": every fragment fits into every frame. Training draws from all
of FRAGMENTS and FRAMES, and never from the HELD_OUT ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

WishAspect = Literal["topic", "tone", "creator", "language", "length", "released", "mention", "parent"]

WANTED: dict[WishAspect, tuple[str, ...]] = {
    "topic": ("about {x}", "on {x}", "with {x} in it", "that is about {x}", "to do with {x}", "on the subject of {x}"),
    "tone": ("{x}", "rather {x}", "{x} in tone", "quite {x}", "with a {x} tone"),
    "creator": ("by {x}", "from {x}", "made by {x}", "that is by {x}"),
    "language": ("in {x}", "spoken in {x}", "that is in {x}"),
    "length": ("{x}", "{x} long", "that is {x}", "that lasts {x}"),
    "released": ("released {x}", "that came out {x}", "from {x}", "out {x}"),
}
AVOIDED: dict[WishAspect, tuple[str, ...]] = {
    "topic": (
        "not about {x}",
        "without {x}",
        "with nothing on {x}",
        "not {x}",
        "with no {x}",
        "anything but {x}",
        "other than {x}",
        "with no {x} in it",
        "that is not about {x}",
        "not on {x}",
        "never about {x}",
    ),
    "tone": ("not {x}", "not too {x}", "anything but {x}", "that is not {x}", "without a {x} tone", "not {x} in tone"),
    "creator": ("not by {x}", "not from {x}", "anything but {x}", "that is not by {x}", "by others than {x}"),
}
FRAMES = (
    "Something {w}.",
    "{w}, please.",
    "My wish: {w}.",
    "Only what is {w}.",
    "I want it {w}.",
    "I am after something {w}.",
    "{w} would be great.",
    "Keep it {w}.",
    "It has to be {w}.",
    "One that is {w}.",
    "Today {w}.",
    "Preferably {w}.",
    "I would like it {w}.",
    "And {w}, if possible.",
    "This time {w}.",
    "Is there anything {w}?",
    "{w}.",
    "Make it {w}!",
    "I am in the mood for something {w}.",
    "Please {w}.",
)
JOINTS = (", ", " and ", ", but ", " yet ", ", and ")

HELD_OUT_FRAMES = (
    "What I need is something {w}.",
    "Let it be {w}, will you?",
    "For tonight I wish for something {w}.",
)
HELD_OUT_WANTED: dict[WishAspect, tuple[str, ...]] = {
    "topic": ("all about {x}", "that has to do with {x}"),
    "tone": ("in a {x} tone", "that is {x}"),
    "creator": ("which is by {x}",),
    "language": ("which is in {x}",),
    "length": ("which is {x}",),
    "released": ("which came out {x}",),
}
HELD_OUT_AVOIDED: dict[WishAspect, tuple[str, ...]] = {
    "topic": ("but nothing about {x}", "with nothing of {x} in it"),
    "tone": ("but not {x}", "which is not {x}"),
    "creator": ("which is not by {x}",),
}

# How long things are wished to be: seconds from and below.
LENGTHS: dict[str, tuple[float, float]] = {
    "under a quarter of an hour": (0, 900),
    "under twenty minutes": (0, 1200),
    "under half an hour": (0, 1800),
    "under an hour": (0, 3600),
    "over half an hour": (1800, float("inf")),
    "over an hour": (3600, float("inf")),
    "under five hours": (0, 18_000),
    "under eight hours": (0, 28_800),
    "over eight hours": (28_800, float("inf")),
    "over ten hours": (36_000, float("inf")),
}

# Languages by their tags, as people say them; any other goes by its tag.
LANGUAGES = {
    "ar": "Arabic",
    "da": "Danish",
    "de": "German",
    "en": "English",
    "es": "Spanish",
    "fi": "Finnish",
    "fr": "French",
    "hi": "Hindi",
    "it": "Italian",
    "ja": "Japanese",
    "ko": "Korean",
    "nl": "Dutch",
    "no": "Norwegian",
    "pl": "Polish",
    "pt": "Portuguese",
    "ru": "Russian",
    "sv": "Swedish",
    "tr": "Turkish",
    "zh": "Chinese",
}


def joined(fragments: Sequence[str], joint: str, frame: str) -> str:
    """Fragments in a frame: 'Something calm, but not about crime.'"""
    said = frame.replace("{w}", joint.join(fragments))
    return said[:1].upper() + said[1:]
