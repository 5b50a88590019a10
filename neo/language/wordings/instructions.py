"""The instructions of every task, in the words that training sees and inference says: `texts/TASK.txt`, one a line.

The first of each is the canonical one: what the SDK says. Every wording tells its format in words: `items` asks for
items and nothing else, `mixed` asks for items with a reason or simply chats, `text` asks to explain or describe. No
wording names an item type itself: the slots `{type}`, `{types}`, `{a_type}` do, see `neo.language.wordings.fill`.

They were written one by one by many hands, since what a small decoder learns of "no words" or "say why" is as wide as
the words that it has met. Trained on what one person wrote of a format, 60 to 110 sentences and 300 more made of parts,
a classifier of words and pairs of them was wrong about 14% of what two others wrote; with six further hands about 6%,
and the sentences made of parts were worth nothing (2,400 sentences in all, by a script that was not kept).
"""

from __future__ import annotations

from importlib.resources import files

_NAMES = (
    "recommend", "recommend_mixed", "search", "search_any", "search_mixed", "search_mixed_any", "explain", "understand",
    "chat_mixed", "chat_typed", "chat_about", "chat_about_typed", "chat_counted", "list_counted", "why", "what", "more",
    "more_typed", "not_this", "not_these", "switch", "thanks", "beyond", "verbalize", "ground", "type",
)  # fmt: skip


def written(task: str) -> tuple[str, ...]:
    """The lines of a file."""
    return tuple((files(__package__) / "texts" / f"{task}.txt").read_text(encoding="utf-8").splitlines())


TASKS: dict[str, tuple[str, ...]] = {task: written(task) for task in _NAMES}
