"""What people say after an answer: about what it named, against it, more of it, thanks, and what nobody here can say.

Slots as elsewhere, and `{ref}`: what was named before, as people point at it. Answers about something named before
begin with ABOUT and the item, so that it is plain, to the decoder too, that it is not named as a new one.
"""

from __future__ import annotations

from neo.language.wordings import following, telling

ABOUT = "About "
ABOUT_YOU = "About you"  # how what is said of a listener begins
ALSO = " And there is "  # before one more item, where the model would have ended

WHY = (
    "Why {ref}?",
    "Why did you pick {ref}?",
    "What speaks for {ref}?",
    "Why should I try {ref}?",
    "And why {ref}?",
    "What makes {ref} right for me?",
    "How come {ref}?",
    "Explain {ref} to me.",
    "Why would I like {ref}?",
    "What is your reason for {ref}?",
    "Tell me why {ref}.",
    "Convince me of {ref}.",
    *telling.WHY,
)
WHAT = (
    "Tell me about {ref}.",
    "What is {ref} about?",
    "What is {ref}?",
    "Describe {ref}.",
    "More on {ref}, please.",
    "Say more about {ref}.",
    "What do I get with {ref}?",
    "Who made {ref}, and what is it about?",
    "Give me a line about {ref}.",
    "And {ref}, what is it?",
    *telling.WHAT,
)
MORE = (
    "More like {ref}.",
    "Something similar to {ref}.",
    "Anything like {ref}?",
    "I like {ref}. What else is like it?",
    "What is close to {ref}?",
    "{ref} sounds good. More of that kind?",
    "What goes with {ref}?",
    "Along the lines of {ref}, please.",
    "I loved {ref}. What next?",
    "Since I enjoyed {ref}, what would you add?",
    "In the manner of {ref}, what else?",
    "{ref} was great. And now?",
    *following.MORE,
)
MORE_TYPED = (
    "More like {ref}, but as {a_type}.",
    "{a_type} like {ref}?",
    "Is there {a_type} similar to {ref}?",
    "Anything like {ref} among the {types}?",
    "I like {ref}. Now {a_type} like it.",
    "Which {type} comes close to {ref}?",
    "I loved {ref}. Which {type} is for me?",
    "What {types} go with {ref}?",
    *following.MORE_TYPED,
)
NOT_THIS = (
    "Not {ref}. What else?",
    "I know {ref} already.",
    "Anything instead of {ref}?",
    "I do not like {ref}. Something else?",
    "Without {ref}, please.",
    "{ref} is not for me.",
    "Replace {ref} with another.",
    "No, not {ref}.",
    "I have had enough of {ref}.",
    "Swap {ref} for something else.",
    *following.NOT_THIS,
)
NOT_THESE = (
    "Something else, please.",
    "None of these.",
    "Not that.",
    "Other ideas?",
    "What else?",
    "No. Next.",
    "I do not like any of them.",
    "Try again with others.",
    "Anything else?",
    "These are not for me.",
    "Different ones, please.",
    "More, please.",
    *following.NOT_THESE,
)
SWITCH = (
    "And {types}?",
    "Rather {a_type}.",
    "Now {a_type}, please.",
    "What about {types}?",
    "Do you have {types} too?",
    "I would rather have {a_type}.",
    "Switch to {types}.",
    "Any {types} as well?",
    "And as {a_type}?",
    "The same for {types}?",
    *following.SWITCH,
)
THANKS = (
    "Thanks!",
    "Thank you.",
    "Great, thank you!",
    "Perfect.",
    "That helps, thanks.",
    "Lovely, I will try that.",
    "Cheers!",
    "Thanks a lot, that is all.",
    "Good night!",
    "Nice, thanks.",
    "You are great.",
    "Bye!",
    *following.THANKS,
)
WELCOME = (
    "You are welcome. Enjoy!",
    "With pleasure. Have a good time with it.",
    "Gladly! Come back whenever you like.",
    "Any time. I hope it fits.",
)
BEYOND = (
    "What is the weather like today?",
    "Who won the match last night?",
    "Can you reserve a table for two?",
    "How old are you?",
    "What is two plus two?",
    "Tell me a joke.",
    "Write me a poem about the sea.",
    "What time is it?",
    "Who is the president?",
    "Translate this into Latin.",
    "How do I get to the station?",
    "What did I eat yesterday?",
    "Do you love me?",
    "Turn on the lights.",
    "What is the capital of Peru?",
    "How much is a ticket to Rome?",
    "Call my mother.",
    "Are you a human?",
    "What will tomorrow bring?",
    "Fix my computer.",
    *following.BEYOND,
)
CANNOT = (
    "That is beyond me: I know this catalog and your history, and nothing else.",
    "I cannot say. All I know is this catalog and your history.",
    "Sorry, that I cannot do. I can find things in this catalog for you.",
    "I have no way to know that. Ask me for something from this catalog.",
)


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
