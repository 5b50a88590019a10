"""Greetings, and questions on what there is: "hi, how are you?", "what topics do you have?". English, and only where
it is all that a request says."""

from __future__ import annotations

import re
from typing import Literal

_HELLO = re.compile(
    r"\W*(?:hi|hiya|hello|hey|hola|greetings|howdy|yo|(?:good )?(?:morning|afternoon|evening)|good day)"
    r"(?:\s+(?:there|again|you|neo|all|everyone|my friend|mate))?\W*"
    r"(?:(?:and\s+)?(?:how are (?:you|things)(?: doing)?(?: today)?|how(?:'s| is) it going|how do you do|what'?s up"
    r"|nice to meet you)\W*)?",
    re.I,
)
_THINGS = (
    r"(?:topics?|languages?|subjects?|themes?|genres?|categor(?:y|ies)|kinds? of (?:\w+ )?\w+|sorts? of \w+|things"
    r"|areas)"
)
_WHAT_THERE_IS = re.compile(
    r"\W*(?:(?:ok|okay|so|and|but|no|well|hm+|then|ugh|sorry|please)\W+|i mean\W+)*"
    rf"(?:(?:what|which)(?: other| all)? {_THINGS} (?:do you (?:have|know|cover|offer|know about)|have you got"
    r"|are there|is there|can (?:you|i) (?:\w+ )?(?:recommend|suggest|offer|find|choose|pick|ask)"
    r"(?: (?:me|from|for|you|about))*)"
    r"|what (?:do you have|have you got|can you do|else can you do|do you do|are you(?: for| able to do)?)"
    r"|who are you|how (?:does this|do you) work|what(?:'s| is) (?:in )?(?:your|the) catalog(?:ue)?"
    r"|(?:show|list|tell) me (?:all |what )?(?:your|the|all the) (?:topics|subjects|genres|categories)|help)"
    r"(?:\s+(?:here|for me|then|please|to me|from|about))*\W*",
    re.I,
)


def of_nothing_yet(text: str) -> Literal["", "hello", "what there is"]:
    """Whether a request is nothing but a greeting, or a question on what there is."""
    if _HELLO.fullmatch(text):
        return "hello"
    sentences = [sentence for sentence in re.split(r"(?<=[?!.])\s+", text) if sentence.strip()]
    return "what there is" if sentences and all(map(_WHAT_THERE_IS.fullmatch, sentences)) else ""
