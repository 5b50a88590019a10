"""Tones as people compare them: "something calmer", "a funnier one". English."""

from __future__ import annotations

_VOWELS = frozenset("aeiou")


def more_so(tone: str) -> str:
    """The comparative of a short tone, else the tone itself, as "more serious" holds that already."""
    if tone.endswith("y"):
        return f"{tone[:-1]}ier"
    return f"{tone}er" if sum(letter in _VOWELS for letter in tone) == 1 else tone
