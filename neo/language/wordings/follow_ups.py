"""What people say after an answer: about what it named, against it, more of it, thanks, and what nobody here can say.

Slots as elsewhere, and `{ref}`: what was named before, as people point at it. Answers about something named before
begin with ABOUT and the item, so that it is plain, to the decoder too, that it is not named as a new one.
"""

from __future__ import annotations

ABOUT = "About "
ABOUT_YOU = "About you"  # how what is said of a listener begins
ALSO = " And there is "  # before one more item, where the model would have ended

WELCOME = (
    "You are welcome. Enjoy!",
    "With pleasure. Have a good time with it.",
    "Gladly! Come back whenever you like.",
    "Any time. I hope it fits.",
)
CANNOT = (
    "That is beyond me: I know this catalog and your history, and nothing else.",
    "I cannot say. All I know is this catalog and your history.",
    "Sorry, that I cannot do. I can find things in this catalog for you.",
    "I have no way to know that. Ask me for something from this catalog.",
)
HELLO = (
    "Hello! What would you like to listen to?",
    "Good to see you. Shall I find something for you?",
    "Welcome! Tell me what you are in the mood for.",
)
WHAT_THERE_IS = "Here are {counts}{about}. What would you like?"
# How answers that name items begin too, of all that these do.
BEGUN_ALIKE = ("Gladly!", "With pleasure. Have a", "I have", "You")

# Before an item that is not all that was wished for: what of it nothing grants stands between them.
NOTHING_LIKE, ELSE = "I found nothing {also}{wished}. The nearest is ", "else "

PLACES = ("first", "second", "third", "fourth", "fifth")
_ORDINAL = ("the {n} one", "the {n}", "your {n} one", "the {n} of them")
_NUMBERS = ("number {c}", "no. {c}")
_LAST = ("the last one", "the last", "the last of them")
_SOLE = ("that one", "it", "that", "this one", "your pick")


def references(place: int, count: int) -> tuple[str, ...]:
    """How people point at one of `count` named items by its place (from 0) alone."""
    if count == 1:
        return _SOLE
    found = tuple(pattern.format(n=PLACES[place]) for pattern in _ORDINAL)
    found += tuple(pattern.format(c=place + 1) for pattern in _NUMBERS)
    return found + _LAST if place == count - 1 else found
