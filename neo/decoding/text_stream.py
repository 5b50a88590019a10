"""Text that arrives token by token, given out only in whole characters."""

from __future__ import annotations

from neo.language.vocabulary import Vocabulary

BROKEN = "\ufffd"  # how a decoder shows bytes that are not (yet) a character


class TextStream:
    """One run of text tokens. What `push` and `flush` give out adds up to the decoding of all the tokens.

    A token can end in the middle of a character; what ends so is held back until the rest has come. Only the
    last few tokens are decoded again, together with the ones before them, which some tokenizers need for the
    spaces.
    """

    def __init__(self, vocab: Vocabulary) -> None:
        self._vocab = vocab
        self._ids: list[int] = []
        self._window = 0  # where decoding begins
        self._given = 0  # how many tokens have been given out

    def push(self, token: int) -> str:
        """The text that this token completes; empty while a character is incomplete."""
        self._ids.append(token)
        text = self._pending()
        if text.endswith(BROKEN):
            return ""
        self._window, self._given = self._given, len(self._ids)
        return text

    def flush(self) -> str:
        """What was held back, broken characters shown as U+FFFD. The stream starts anew."""
        text = self._pending()
        self._ids, self._window, self._given = [], 0, 0
        return text

    def _pending(self) -> str:
        known = self._vocab.decode(self._ids[self._window : self._given])
        return self._vocab.decode(self._ids[self._window :])[len(known) :]
