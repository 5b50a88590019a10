"""The vocabulary: a base tokenizer's text tokens, then control tokens, then one block of SID tokens per type and level.

Token ids, in order: `[0, text_size)` the base tokenizer's own; the six control tokens; for every item type, for every
level, K code tokens. The layout is arithmetic, so a token id says what it is without any table.

Text goes through the *plain encoder*: the base tokenizer with every added token removed. A listener who types
`<|sid|>` gets the letters, never the token.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tokenizers import AddedToken, Tokenizer

from neo_sdk.errors import BundleError, ConfigError, NotFoundError

CONTROL = ("<|pad|>", "<|prompt|>", "<|answer|>", "<|end|>", "<|sid|>", "<|/sid|>")
TOKENIZER_FILE = "tokenizer.json"
LAYOUT_FILE = "vocabulary.json"


@dataclass(frozen=True)
class Layout:
    """Where everything lies: the number of text ids, the levels of a SID, and K per item type, in token order."""

    text_size: int
    levels: int
    codes: Mapping[str, int]

    def __post_init__(self) -> None:
        if self.levels < 1 or self.text_size < 1 or not self.codes or min(self.codes.values()) < 1:
            raise ConfigError(f"A vocabulary needs text, item types, levels and codes; got {self}.")


class Vocabulary:
    """Text, control and SID tokens in one id space."""

    def __init__(self, base: Tokenizer, layout: Layout) -> None:
        self.layout = layout
        self._plain, self.special_ids = _plain_encoder(base, layout.text_size)
        self._base = base
        first = layout.text_size
        self.pad, self.prompt, self.answer, self.end, self.open, self.close = range(first, first + len(CONTROL))
        self._starts: dict[str, int] = {}
        start = first + len(CONTROL)
        for name, codes in layout.codes.items():
            self._starts[name] = start
            start += codes * layout.levels
        self.size = start

    @classmethod
    def extend(cls, base: Tokenizer, levels: int, codes: Mapping[str, int]) -> Vocabulary:
        """Extends a base tokenizer by the control tokens and by `levels` x K code tokens for each item type."""
        ids = base.get_vocab(with_added_tokens=True)
        taken = sorted(set(CONTROL) & set(ids))
        if taken:
            raise ConfigError(f"The base tokenizer already has {', '.join(taken)}: NEO needs these names for itself.")
        return cls(base, Layout(max(ids.values()) + 1, levels, dict(codes)))

    @property
    def text_size(self) -> int:
        return self.layout.text_size

    @property
    def levels(self) -> int:
        return self.layout.levels

    @property
    def type_names(self) -> tuple[str, ...]:
        return tuple(self.layout.codes)

    @property
    def new_rows(self) -> range:
        """The rows that NEO adds to the embedding and the head: what stage 2 may change."""
        return range(self.text_size, self.size)

    def codes(self, type_name: str) -> int:
        """K of a type's codebooks."""
        self._start(type_name)
        return self.layout.codes[type_name]

    def code_start(self, type_name: str, level: int) -> int:
        """The token id of code 0 of a type's level."""
        if not 0 <= level < self.levels:
            raise NotFoundError(f"Level {level} does not exist: SIDs have levels 0 to {self.levels - 1}.")
        return self._start(type_name) + level * self.layout.codes[type_name]

    def sid_ids(self, codes: Sequence[int], type_name: str) -> list[int]:
        """The span of an item: open, one token a level, close."""
        starts = (self.code_start(type_name, level) for level in range(self.levels))
        return [self.open, *(start + int(code) for start, code in zip(starts, codes, strict=True)), self.close]

    def type_level_code(self, token: int) -> tuple[str, int, int] | None:
        """What a SID token says; None for text and control tokens."""
        for name, start in self._starts.items():
            codes = self.layout.codes[name]
            if start <= token < start + codes * self.levels:
                level, code = divmod(token - start, codes)
                return name, level, code
        return None

    def name(self, token: int) -> str:
        """A readable name of any token, for the viewer and for exported tokenizers.

        What lies beyond the vocabulary stands for a listener's vector, see `neo.listeners.soft_prompt`.
        """
        if token >= self.size:
            return "[listener]"
        if token < self.text_size:
            return self._plain.decode([token])
        if token < self.text_size + len(CONTROL):
            return CONTROL[token - self.text_size]
        found = self.type_level_code(token)
        return "<?>" if found is None else "<|{}_{}_{}|>".format(*found)

    def encode(self, text: str) -> list[int]:
        """Text to ids, every one of them a plain text token, whatever the text spells."""
        # A lone surrogate is legal in JSON and Python but not in UTF-8; the tokenizer would raise a TypeError on it.
        clean = text.encode("utf-8", "replace").decode("utf-8")
        return self._text_only(clean, self._plain.encode(clean, add_special_tokens=False).ids)

    def encode_batch(self, texts: Iterable[str]) -> list[list[int]]:
        clean = [text.encode("utf-8", "replace").decode("utf-8") for text in texts]
        encodings = self._plain.encode_batch(clean, add_special_tokens=False)
        return [self._text_only(text, encoding.ids) for text, encoding in zip(clean, encodings, strict=True)]

    def _text_only(self, text: str, ids: list[int]) -> list[int]:
        """Letter by letter where a base's own vocabulary holds a control token that the text has spelled."""
        if self.special_ids.isdisjoint(ids):
            return ids
        letters = (self._plain.encode(letter, add_special_tokens=False).ids for letter in text)
        return [i for some in letters for i in some if i not in self.special_ids]

    def decode(self, ids: Iterable[int]) -> str:
        """Ids to text; control and SID tokens are left out."""
        return self._plain.decode([i for i in ids if i < self.text_size], skip_special_tokens=False)

    @cached_property
    def parts_of_words(self) -> frozenset[int]:
        """The text ids that go on with a word: what they spell behind a letter begins with one."""
        before = self.encode("a")
        spelled = self._plain.decode_batch([[*before, i] for i in range(self.text_size)], skip_special_tokens=False)
        start = len(self.decode(before))
        letters = (text[start : start + 1] for text in spelled)
        return frozenset(i for i, letter in enumerate(letters) if letter.lower() != letter.upper())

    def save(self, folder: Path) -> None:
        """Writes `tokenizer.json`, which Hugging Face can load and which names every token, and the layout."""
        full = Tokenizer.from_str(self._base.to_str())
        full.add_special_tokens([AddedToken(self.name(i), special=True, normalized=False) for i in self.new_rows])
        full.save(str(folder / TOKENIZER_FILE))
        layout = {"text_size": self.text_size, "levels": self.levels, "codes": dict(self.layout.codes)}
        (folder / LAYOUT_FILE).write_text(json.dumps(layout, indent=1) + "\n")

    @classmethod
    def load(cls, folder: Path) -> Vocabulary:
        try:
            layout = Layout(**json.loads((folder / LAYOUT_FILE).read_text()))
            tokenizer = Tokenizer.from_file(str(folder / TOKENIZER_FILE))
        except Exception as error:  # tokenizers raises a bare Exception for a missing or broken file
            raise BundleError(f"No readable vocabulary in {folder}: {error}") from error
        return cls(tokenizer, layout)

    def _start(self, type_name: str) -> int:
        try:
            return self._starts[type_name]
        except KeyError:
            known = ", ".join(self._starts)
            raise NotFoundError(f"The vocabulary has no tokens for item type {type_name!r}; it has {known}.") from None


def _plain_encoder(base: Tokenizer, text_size: int) -> tuple[Tokenizer, frozenset[int]]:
    """The base tokenizer without added tokens, and the ids below `text_size` that text must never produce."""
    state = json.loads(base.to_str())
    added = [token for token in state["added_tokens"] if token["id"] < text_size]
    state["added_tokens"] = []
    state["post_processor"] = None
    state["truncation"] = state["padding"] = None
    plain = Tokenizer.from_str(json.dumps(state))
    # Some tokenizers list their control tokens in the model's own vocabulary too; such ids are checked by name.
    looks_like_control = re.compile(r"<\|.*\|>|<(s|/s|unk|pad|bos|eos)>").fullmatch
    own = plain.get_vocab()
    named = {i for token, i in own.items() if looks_like_control(token)}
    # Qwen3's <think> is added and not "special": no text becomes it, so no answer may hold it either.
    beside = {token["id"] for token in added if token["special"] or token["content"] not in own}
    return plain, frozenset(beside | named)
