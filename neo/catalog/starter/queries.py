"""What people type: titles, names, topics, descriptions, in their own words, with their own mistakes."""

from __future__ import annotations

from neo.catalog.starter.grammar import SMALL_WORDS, Picker
from neo.catalog.starter.vocabulary import Subtopic, Words
from neo.catalog.starter.voices import TONES, Tone

TYPO = 0.10
TYPE_WORDS = {
    "show": ("podcast", "podcast", "show", "podcasts", "series"),
    "episode": ("episode", "podcast episode", "episodes", "podcast"),
    "audiobook": ("audiobook", "book", "audiobooks", "audio book", "novel"),
}
# What else a description asks for; the name of a test in searches.py, and how people say it.
CONSTRAINTS = {
    "short": ("short", "under 20 minutes", "quick", "not too long"),
    "long": ("long", "for a long drive", "very long", "that takes hours"),
    "new": ("new", "latest", "recent", "from this year"),
    "serial": ("with a story that continues", "told in chapters", "to binge", "in order"),
}
CONSTRAINTS_OF = {
    "show": ("short", "long", "serial"),
    "episode": ("short", "long", "new"),
    "audiobook": ("short", "long", "new"),
}
TOPIC_FORMS = (
    "{what}",
    "{what}",
    "{what}",
    "{what} {type}",
    "{what} {type}",
    "{type} about {what}",
    "{type} on {what}",
    "best {what} {type}",
    "good {type} about {what}",
)
DESCRIBE_FORMS = (
    "{type} about {what}",
    "{tone} {type} about {what}",
    "{tone} {what} {type}",
    "something {tone} about {what}",
    "{what}, {tone}",
    "{type} about {what}, {tone}",
    "i want a {tone} {type} on {what}",
    "looking for {tone} {type} about {what}",
    "{tone} {type} for somebody who likes {what}",
    "any {tone} {type} where they talk about {what}?",
)


def title_words(title: str) -> list[str]:
    """Lower-case words of a title, without punctuation."""
    cleaned = "".join(c if c.isalnum() or c in " '" else " " for c in title.lower())
    return [word.strip("'") for word in cleaned.split() if word.strip("'")]


def title_query(picker: Picker, title: str) -> tuple[str, list[str]]:
    """What is typed for a title (all of it, or a part), and the words that were meant."""
    meant = title_words(title)
    if len(meant) > 2 and picker.chance(0.45):
        size = picker.random.randint(2, max(2, min(4, len(meant) - 1)))
        start = 0 if picker.chance(0.6) else picker.random.randint(0, len(meant) - size)
        meant = meant[start : start + size]
    elif len(meant) > 3 and picker.chance(0.3):
        meant = [word for word in meant if word not in SMALL_WORDS]
    return mistyped(picker, " ".join(meant)), meant


def creator_query(picker: Picker, name: str, type_name: str) -> str:
    """A name, often with a word for the type around it."""
    said = name.split()[-1] if " and " not in name and picker.chance(0.12) else name
    forms = ("{name}", "{name}", "{name} {type}", "{type} by {name}") + (
        ("books by {name}",) if type_name == "audiobook" else ("{name} new podcast",)
    )
    said = mistyped(picker, said.lower())
    return picker.one(forms).format(name=said, type=picker.one(TYPE_WORDS[type_name]))


def topic_query(picker: Picker, words: Words, subtopic: Subtopic, type_name: str) -> str:
    """A subtopic in the words of those who look for it."""
    what = picker.one(subtopic.asked) if picker.chance(0.8) else subtopic.name
    if picker.chance(0.06):
        what = f"{words.topics[subtopic.topic].lower()} {what}"
    kind = _type_word(picker, type_name, what)
    return mistyped(picker, picker.one(TOPIC_FORMS).format(what=what, type=kind).lower(), TYPO / 2)


def describe_query(
    picker: Picker, subtopic: Subtopic, subject: int | None, tone: int | None, constraint: str, type_name: str
) -> str:
    """A wish: subject or subtopic, perhaps a tone, perhaps a constraint ("" for none)."""
    if subject is None:
        what = picker.one(subtopic.asked) if picker.chance(0.7) else picker.one(subtopic.says)
    else:
        chosen = subtopic.about[subject]
        what = chosen.asked if picker.chance(0.65) else chosen.words
    kind = _type_word(picker, type_name, what)
    before, after = _tone_words(picker, None if tone is None else TONES[tone])
    form = picker.one([f for f in DESCRIBE_FORMS if ("{tone}" in f) == bool(before)])
    text = form.format(what=what, type=kind, tone=before)
    extra = picker.one(CONSTRAINTS[constraint]) if constraint else ""
    return mistyped(picker, " ".join(f"{text} {after} {extra}".lower().split()), TYPO / 2)


def mistyped(picker: Picker, text: str, chance: float = TYPO) -> str:
    """Now and then, a slip in one of the longer words: letters swapped, one left out, or one doubled."""
    words = text.split(" ")
    long_ones = [i for i, word in enumerate(words) if len(word) > 4]
    if not long_ones or not picker.chance(chance):
        return text
    i = picker.one(long_ones)
    word, at = words[i], picker.random.randint(1, len(words[i]) - 3)
    slips = (
        word[:at] + word[at + 1] + word[at] + word[at + 2 :],
        word[:at] + word[at + 1 :],
        word[:at] + word[at] + word[at:],
    )
    words[i] = picker.one(slips)
    return " ".join(words)


def _type_word(picker: Picker, type_name: str, what: str) -> str:
    """A word for the type; a bare "something" where the words already name one."""
    kind = picker.one(TYPE_WORDS[type_name])
    return "something" if any(word in what.split() for word in (kind, kind.rstrip("s"))) else kind


def _tone_words(picker: Picker, tone: Tone | None) -> tuple[str, str]:
    """A tone as words before the type and words at the end; one of them is empty."""
    if tone is None:
        return "", ""
    said = picker.one(tone.asked)
    behind = said.startswith(("to ", "for ", "how to", "something ")) or said in (
        "tips",
        "interesting facts",
        "easy guide",
        "deep dive",
        "comedy",
    )
    return ("", said) if behind else (said, "")
