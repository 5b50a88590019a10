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
        "Things I've already enjoyed.",
        "One that I've finished and would gladly put on again.",
        "Let me revisit what I know.",
        "I want the comfort of the familiar.",
        "Nothing I'd have to get used to.",
        "Only places where I've been.",
        "Back to my roots, please.",
        "Take me back to what I had.",
        "Pick from the ones I've had on already.",
        "What I've met, and nothing besides.",
        "The well-trodden path for me.",
        "I'm not up for discoveries today.",
        "No experiments, please.",
        "Rather an old friend than a stranger.",
        "Something I could recite by now.",
        "From among those I follow already.",
        "Make it one of my regulars.",
        "My usual, please.",
        "The usual suspects, thanks.",
        "A rerun would be nice.",
        "Again, like before.",
        "I'd like to return to something.",
        "Something out of my past.",
        "Return to one that I've enjoyed.",
        "Where I've been before is where I want to be.",
        "Dig in my history and serve it again.",
        "I feel nostalgic, so take what I've had.",
        "Let me continue with what I've begun.",
        "It should be known to me.",
        "Tried and tested by me, please.",
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
        "Things I've yet to discover.",
        "Something off my beaten track.",
        "Lead me off the paths that I've walked.",
        "I want a discovery.",
        "Time to explore.",
        "Nothing out of my history, please.",
        "None of my regulars.",
        "Not my usual, for once.",
        "Not the usual suspects.",
        "No reruns.",
        "I'm up for an experiment.",
        "Rather a stranger than an old friend.",
        "Uncharted territory, please.",
        "Whatever I've had before is out.",
        "Introduce me to a stranger.",
        "Where I've never been before, that's where I want to go.",
        "Somewhere I have never set foot.",
        "Something outside my bubble.",
        "It should be unknown to me.",
        "Untried by me, please.",
        "Skip whatever I've had on already.",
        "Leave out what I've met.",
        "I'm bored with all that I know, so go beyond it.",
        "Open a door that I haven't opened.",
        "From ones I don't follow yet.",
        "Make it a first for me.",
        "A first encounter, please.",
        "I'd like to be surprised by what I haven't tried.",
        "Find what has passed me by so far.",
        "Something that never was in my queue.",
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
