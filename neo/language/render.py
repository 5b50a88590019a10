"""The one renderer: segments to ids and labels, for training rows and for inference alike.

A turn is rendered as `<|prompt|> request <|answer|> answer <|end|>`. The loss covers the answer and its end. With
`learn_history` the items of a `History` are trained as well, each from what stands before it: one row of a listener's
life then teaches as many next items as it holds, at the price of one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from neo.language.segments import Aside, History, ItemRef, Segment, Text, Turn, Vector
from neo.language.vocabulary import Vocabulary
from neo.sids.table import SidTable
from neo_sdk.errors import InvalidRequestError

IGNORED = -100
MOST_ASIDE = 128  # tokens of an aside, the rest is left out; a starter world's have 45 on average
SPANS = 1 << 16  # rendered spans that are kept at hand, about 20 MB


@dataclass
class Rendered:
    """Token ids and, position by position, the label: the id itself where it is trained, else -100."""

    ids: list[int] = field(default_factory=list)
    labels: list[int] = field(default_factory=list)

    def add(self, ids: Sequence[int], trained: bool) -> None:
        self.ids.extend(ids)
        self.labels.extend(ids if trained else [IGNORED] * len(ids))


class Renderer:
    """Turns segments into ids; it knows the vocabulary and the SID table, and nothing else."""

    def __init__(self, vocabulary: Vocabulary, sids: SidTable) -> None:
        self.vocabulary = vocabulary
        self.sids = sids
        # Training renders the same items over and over.
        self._span = lru_cache(SPANS)(self._span_of)

    def items(self, rows: Sequence[int]) -> list[list[int]]:
        """The spans of catalog items; NotFoundError for a row without a SID."""
        return [list(self._span(int(row))) for row in rows]

    def aside(self, text: str) -> list[int]:
        """The tokens of an aside, the same in training and in answers."""
        return self.vocabulary.encode(text)[:MOST_ASIDE]

    def _span_of(self, row: int) -> list[int]:
        codes, types = self.sids.codes_of_rows([row]), self.sids.types_of_rows([row])
        return self.vocabulary.sid_ids(codes[0].tolist(), self.sids.type_names[int(types[0])])

    def prompt(self, turns: Sequence[Turn]) -> list[int]:
        """Everything up to and including the `<|answer|>` that the model is to continue from."""
        if not turns or turns[-1].answer is not None or any(turn.answer is None for turn in turns[:-1]):
            raise InvalidRequestError("A prompt must end with a request with no answer yet, after others with theirs.")
        return [*self._render(turns, learn_history=False).ids, self.vocabulary.answer]

    def unfinished(self, segments: Sequence[Segment]) -> list[int]:
        """Segments that end with a history, for the model to go on with: its span is open for the next item's codes."""
        rendered = Rendered([self.vocabulary.prompt], [IGNORED])
        self._segments(segments, rendered, trained=False, learn_history=False)
        return rendered.ids[:-1]

    def example(self, turns: Sequence[Turn], learn_history: bool = False) -> Rendered:
        """A training row: all turns with their answers. With `learn_history` the last may go without one."""
        answered = turns[:-1] if learn_history else turns
        if not turns or any(turn.answer is None for turn in answered):
            raise InvalidRequestError("A training example needs an answer to every request.")
        return self._render(turns, learn_history)

    def _render(self, turns: Sequence[Turn], learn_history: bool) -> Rendered:
        vocabulary, out = self.vocabulary, Rendered()
        for turn in turns:
            out.add([vocabulary.prompt], False)
            self._segments(turn.request, out, trained=False, learn_history=learn_history)
            if turn.answer is not None:
                out.add([vocabulary.answer], False)
                self._segments(turn.answer, out, trained=True, learn_history=False)
                out.add([vocabulary.end], True)
        return out

    def _segments(self, segments: Sequence[Segment], out: Rendered, trained: bool, learn_history: bool) -> None:
        for segment in segments:
            match segment:
                case Text(text):
                    out.add(self.vocabulary.encode(text), trained)
                case Aside(text):
                    out.add(self.aside(text), False)
                case ItemRef(row):
                    out.add(self.items([row])[0], trained)
                case History(rows, notes) if rows or notes:
                    self._history(segment, out, learn_history)

    def _history(self, history: History, out: Rendered, learn_history: bool) -> None:
        notes: dict[int, list[int]] = {}
        for place, note in history.notes:
            said = note.ids if isinstance(note, Vector) else self.vocabulary.encode(note.text)
            notes.setdefault(place, []).extend(said)
        out.add([self.vocabulary.open], False)
        for place, (_, *codes, _) in enumerate(self.items(history.rows)):
            out.add(notes.get(place, []), False)
            out.add(codes, learn_history and place >= history.learned_from)
        out.add(notes.get(len(history.rows), []), False)
        out.add([self.vocabulary.close], False)
