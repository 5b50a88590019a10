"""Words that switch between discovery in what a listener knows and beyond it. Training draws from all wordings."""

from __future__ import annotations

from typing import get_args

from neo_sdk.types import Mode

MODES: tuple[Mode, ...] = get_args(Mode)
DISCOVERY: tuple[Mode, ...] = ("familiar", "unfamiliar")

WISHES: dict[Mode, tuple[str, ...]] = {
    "familiar": (
        "Something familiar.",
        "Only what I know already.",
        "From what I have heard before.",
        "Back to something I know.",
        "More of the familiar.",
        "Nothing new, please: what I know.",
        "One that I have met before.",
        "From my own shelf.",
        "Stay with what I know.",
        "Old acquaintances only.",
        "Remind me of what I liked once.",
        "Something I have tried before.",
    ),
    "unfamiliar": (
        "Something new to me.",
        "Only what I do not know yet.",
        "Nothing that I have heard before.",
        "Take me somewhere new.",
        "Only the unfamiliar.",
        "Something I have never met.",
        "One that I would not know.",
        "Beyond what I know.",
        "Let me discover something.",
        "No old acquaintances.",
        "Surprise me with something unknown.",
        "Something I have not tried yet.",
    ),
}


# Within a history one word says it, right before the item. A small model decides from the last token that it reads, and
# a sentence ends with a full stop whatever it says. Of ten episodes asked for as unfamiliar, familiar and anyhow, those
# of shows never met were 23, 23 and 19% with a sentence, 23, 19 and 19% with a word, and 29, 19 and 19% with 9,000 rows
# of training instead of 4,000 (quickstart's validation week, one seed). At this size the constraint keeps a mode.
NOTES: dict[Mode, tuple[str, ...]] = {
    "familiar": (" known", " again", " back"),
    "unfamiliar": (" new", " fresh", " first"),
}


def note(mode: Mode, variant: int = 0) -> str:
    """What stands in a history before an item of a mode, nothing for any; variants as for `wish`."""
    return "" if mode == "any" else NOTES[mode][variant % len(NOTES[mode])]


def wish(mode: Mode, variant: int = 0) -> str:
    """The words of a mode, none for any; variant 0 is the canonical wording, others wrap around."""
    if mode == "any":
        return ""
    return WISHES[mode][variant % len(WISHES[mode])]
