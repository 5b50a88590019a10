"""Prompts: what each task says to the model, as segments. Training and inference call the same functions.

The listener comes first, the words last, right before the answer: what stays the same between two requests of one
listener is a shared prefix, and the history is read before it is asked about.

Who wishes for nothing needs no words: what comes next in a history is a recommendation, and of a type if only that may
come. A history teaches as many next items as it holds, an answer one, and neither learns much from the other: see
"asked in words" among the ablations.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from neo.catalog.activity import Listeners
from neo.catalog.catalog import Catalog
from neo.catalog.item_types import ItemType
from neo.language.asides import item_aside, listener_aside
from neo.language.facts import ItemFacts, ListenerFacts
from neo.language.segments import Aside, History, ItemRef, Note, Segment, Text, Vector, merge_texts
from neo.language.wordings.fill import COUNTS, TypeWords, fill, for_count, for_number, type_words
from neo.language.wordings.follow_ups import ABOUT, ABOUT_YOU
from neo.language.wordings.instructions import TASKS
from neo.language.wordings.modes import note
from neo_sdk.types import Mode, OutputFormat

Request = tuple[Segment, ...]
TOPIC_LETTERS = 80  # of a topic that a listener chose: a topic, not an essay that fills the prompt
DESCRIPTION_WORDS = 24  # what verbalize says and ground reads of a description: a few seconds of reading


@dataclass(frozen=True)
class Context:
    """What a prompt tells of a listener: a line about them, and their history (item rows, oldest first).

    vector: what is known of them in the long run, as ids of `neo.listeners.soft_prompt`; it stands after the history.
    mode: what is asked for next in the history, see `neo.language.wordings.modes`.
    notes, learned_from: see `neo.language.segments.History`.
    """

    about: str = ""
    history: tuple[int, ...] = ()
    vector: tuple[int, ...] = ()
    mode: Mode = "any"
    notes: tuple[tuple[int, Note], ...] = ()
    learned_from: int = 0

    def segments(self) -> Request:
        """As it stands before a request in words, which says itself what is wished for."""
        last = (Vector(self.vector),) if self.vector else ()
        return self._segments(last, Text("\n"))

    def unfinished(self) -> Request:
        """As it goes on: the next item would follow."""
        vector: tuple[Note, ...] = (Vector(self.vector),) if self.vector else ()
        last = (*vector, *((Text(note(self.mode)),) if note(self.mode) else ()))
        return self._segments(last)

    def _segments(self, last: tuple[Note, ...], *behind: Text) -> Request:
        about = (Text(f"Listener: {self.about}\n"),) if self.about else ()
        if not self.history and not last:
            return about
        notes = (*self.notes, *((len(self.history), note) for note in last))
        return (*about, Text("History:"), History(self.history, notes, self.learned_from), *behind)


NOBODY = Context()


def about_listener(listeners: Listeners, row: int) -> str:
    """The line about a listener: country, language and the topics chosen at the start, where known."""
    topics = " and ".join(topic[:TOPIC_LETTERS] for topic in listeners.topics(row)[:3])
    parts = (listeners.country(row), listeners.language(row), f"likes {topics}" if topics else None)
    return ", ".join(part for part in parts if part)


def words_for(item_type: ItemType, variant: int = 0) -> TypeWords:
    """The words for a type; variant 0 is the canonical one, others wrap around."""
    words = type_words(item_type)
    return words[variant % len(words)]


def wording(templates: Sequence[str], variant: int) -> str:
    """Variant 0 is the canonical wording, others wrap around."""
    return templates[variant % len(templates)]


def recommend(
    context: Context,
    item_type: ItemType,
    output: OutputFormat = "items",
    variant: int = 0,
    words: int = 0,
    count: int = 1,
    wish: str = "",
) -> Request:
    """`count`: how many items a mixed answer is to name; its wording then says "a show" or "shows".

    wish: a sentence on what they are to be like.
    """
    mixed = output != "items"
    templates = for_count(TASKS["recommend_mixed"], count) if mixed else TASKS["recommend"]
    asked = fill(wording(templates, variant), **words_for(item_type, words).slots())
    return merge_texts((*context.segments(), *asked, *wished(wish)))


def wished(wish: str) -> Request:
    """A further sentence of a request, or nothing."""
    return (Text(f" {wish}"),) if wish else ()


def search(
    query: str,
    item_type: ItemType | None,
    context: Context = NOBODY,
    output: OutputFormat = "items",
    variant: int = 0,
    words: int = 0,
    count: int = 1,
) -> Request:
    """A search for one type, or for any where `item_type` is None; `count` as for `recommend`."""
    type_slots = words_for(item_type, words).slots() if item_type else {}
    slots: dict[str, Text | ItemRef | str] = {"query": query, **type_slots}
    templates: tuple[str, ...]
    if output == "items":
        templates = TASKS["search"] if item_type else TASKS["search_any"]
    else:
        templates = for_count(TASKS["search_mixed"], count) if item_type else TASKS["search_mixed_any"]
    return merge_texts((*context.segments(), *fill(wording(templates, variant), **slots)))


def explain(item: int, context: Context, variant: int = 0) -> Request:
    asked = fill(wording(TASKS["explain"], variant), item=ItemRef(item))
    return merge_texts((*context.segments(), *asked))


def about_item(item: ItemFacts, listener: ListenerFacts) -> Request:
    """How an answer begins that speaks of an item."""
    return (Text(ABOUT), ItemRef(item.row), Aside(item_aside(item, listener)), Text(": "))


def about_them(listener: ListenerFacts) -> Request:
    """How an answer begins that speaks of the listener."""
    return (Text(ABOUT_YOU), Aside(listener_aside(listener)), Text(": "))


Telling = Callable[[int | None, bool], str]
"""The aside of a catalog row, or of the listener (None); with what the listener has met of it, or without."""


def told(answer: Request, aside: Telling) -> Request:
    """An answer with the facts behind every item that words lead to, and behind the words that speak of the listener.

    Why an item suits is said of the first one alone. An answer of items alone says nothing of them.
    """
    if not answer or not isinstance(answer[0], Text):
        return answer
    found, first = list[Segment](), True
    for place, segment in enumerate(answer):
        follows = answer[place + 1] if place + 1 < len(answer) else None
        found.append(segment)
        if isinstance(segment, ItemRef):
            found += [] if isinstance(follows, Aside) else [Aside(aside(segment.row, first))]
            first = False
    if answer[0].text.startswith(f"{ABOUT_YOU}:"):
        found[:1] = [Text(ABOUT_YOU), Aside(aside(None, True)), Text(answer[0].text.removeprefix(ABOUT_YOU))]
    return tuple(found)


def understand(context: Context, variant: int = 0) -> Request:
    return merge_texts((*context.segments(), *fill(wording(TASKS["understand"], variant))))


def chat(
    context: Context,
    variant: int = 0,
    about: str | None = None,
    item_type: ItemType | None = None,
    words: int = 0,
    count: int = 1,
    wish: str = "",
) -> Request:
    """A chatty request, open or with a subject or a type, as training writes it; a user writes their own."""
    templates: tuple[str, ...]
    if about is None:
        templates = TASKS["chat_typed"] if item_type else TASKS["chat_mixed"]
    else:
        templates = TASKS["chat_about_typed"] if item_type else TASKS["chat_about"]
    slots = {"query": about or "", **(words_for(item_type, words).slots() if item_type else {})}
    asked = fill(wording(for_count(templates, count), variant), **slots)
    return merge_texts((*context.segments(), *asked, *wished(wish)))


def counted(
    context: Context, item_type: ItemType, count: int, output: OutputFormat = "mixed", variant: int = 0, words: int = 0
) -> Request:
    """So many items of a type, asked for in a number; with words on them, or as a bare list."""
    templates = TASKS["list_counted"] if output == "items" else TASKS["chat_counted"]
    numbers = COUNTS[count - 1]
    number = numbers[variant % len(numbers)]
    template = for_number(wording(templates, variant), count)
    return merge_texts((*context.segments(), *said(template, count=number, **words_for(item_type, words).slots())))


def said(template: str, **slots: Text | ItemRef | str) -> Request:
    """A template filled, with a capital letter first: "the second one was great" begins a sentence."""
    first, *others = fill(template, **slots)
    if isinstance(first, Text):
        first = Text(first.text[:1].upper() + first.text[1:])
    return (first, *others)


def verbalize(item: int, variant: int = 0) -> Request:
    return fill(wording(TASKS["verbalize"], variant), item=ItemRef(item))


def ground(query: str, item_type: ItemType, variant: int = 0, words: int = 0) -> Request:
    return fill(wording(TASKS["ground"], variant), query=query, **words_for(item_type, words).slots())


def type_of(item: int, variant: int = 0) -> Request:
    return fill(wording(TASKS["type"], variant), item=ItemRef(item))


def describe(catalog: Catalog, row: int) -> str:
    """An item in words: title, creator and the beginning of the description."""
    item = catalog.item(row)
    words = (item.description or "").split()
    short = " ".join(words[:DESCRIPTION_WORDS]) + ("" if len(words) <= DESCRIPTION_WORDS else " ...")
    return " ".join(part for part in (f"{item.title}.", f"By {item.creator}." if item.creator else "", short) if part)
