"""Stage 2's instructions: an item to its words, words to their item, an item to its type.

The first of each tuple is the canonical wording. Slots: `{item}` an item reference, `{type}`, `{types}`,
`{a_type}` the words for a type, `{query}` a title, a description or both.
"""

from __future__ import annotations

VERBALIZE = (
    "Describe {item}.",
    "What is {item}?",
    "Give the title and description of {item}.",
    "What is {item} about?",
    "Put {item} into words.",
    "Name and describe {item}.",
    "Tell me about {item}.",
    "Write out {item} as text.",
    "Which title does {item} have, and what is it about?",
    "Read {item} to me as title and description.",
)

GROUND = (
    "Which {type} is this: {query}",
    "Find the {type} described here: {query}",
    "Name the {type}: {query}",
    "The {type} with this text: {query}",
    "Give the {type} for this description: {query}",
    "This is {a_type}. Which one? {query}",
    "Match this text to its {type}: {query}",
    "Of all {types}, which is it? {query}",
    "{query} Which {type} is that?",
    "I mean this {type}: {query}",
)

TYPE = (
    "What type is {item}?",
    "Which kind of item is {item}?",
    "Name the type of {item}.",
    "Say what type of thing {item} is.",
    "The type of {item} is:",
    "Which type does {item} have?",
    "{item} is of which type?",
    "Tell me the type of {item}.",
    "What sort of item is {item}?",
)
