"""A training example in color: what is context, what is trained, what is text and what is an item."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text as Styled

from neo.language.render import IGNORED
from neo.language.vocabulary import CONTROL, Vocabulary

LEGEND = Styled.assemble(
    ("context", "dim"), "  ", ("trained text", "bold green"), "  ", ("item in context", "cyan"), "  ",
    ("trained item", "bold magenta"), "  ", ("control", "yellow"),
)  # fmt: skip


def colored(ids: Sequence[int], labels: Sequence[int], vocabulary: Vocabulary) -> Styled:
    """The row as styled text; neighboring tokens of one style are decoded together, so that UTF-8 stays whole."""
    out, run, style = Styled(), list[int](), ""
    for token, label in zip(ids, labels, strict=True):
        new = _style(token, label != IGNORED, vocabulary)
        if new != style or token >= vocabulary.text_size:
            _flush(out, run, style, vocabulary)
        style = new
        run.append(token)
    _flush(out, run, style, vocabulary)
    return out


def _flush(out: Styled, run: list[int], style: str, vocabulary: Vocabulary) -> None:
    if run and run[0] >= vocabulary.text_size:
        out.append("".join(vocabulary.name(token) for token in run), style)
    elif run:
        out.append(vocabulary.decode(run), style)
    run.clear()


def _style(token: int, trained: bool, vocabulary: Vocabulary) -> str:
    if token < vocabulary.text_size:
        return "bold green" if trained else "dim"
    delimiters = (vocabulary.open, vocabulary.close)
    if token < vocabulary.text_size + len(CONTROL) and token not in delimiters:
        return "bold yellow" if trained else "yellow"
    return "bold magenta" if trained else "cyan"
