"""Plain text out of whatever a catalog holds: no HTML, no control characters, single spaces."""

from __future__ import annotations

import html
import re

# Zero-width joiners stay: Persian and emoji need them. Bidirectional overrides disguise a text, so they go.
_CONTROL = r"\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u200b\u202a-\u202e\u2066-\u2069\ufeff"
_SPACE = r"\t\n\x0b\x0c\r\x85\u00a0\u2028\u2029"

# Arrow's regular expressions (RE2) write code points as \x{...}. A text that doesn't match is already plain.
SUSPECT = (
    r"[\x{0}-\x{1f}\x{7f}-\x{a0}\x{200b}\x{2028}-\x{202e}\x{2066}-\x{2069}\x{feff}]"
    r"|<[A-Za-z/!?]|&(?:#[0-9]|#[xX][0-9A-Fa-f]|[A-Za-z]).*?;|  |^ | $"
)

_CONTROLS = re.compile(f"[{_CONTROL}]")
_SPACES = re.compile(f"[{_SPACE} ]+")
_SURROGATES = re.compile("[\ud800-\udfff]")
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_UNSEEN = re.compile(r"<(script\b|style\b|!--)", re.IGNORECASE)
_UNSEEN_ENDS = {
    "script": re.compile(r"</script\s*>", re.IGNORECASE),
    "style": re.compile(r"</style\s*>", re.IGNORECASE),
    "!--": re.compile("-->"),
}
_INLINE = re.compile(
    r"</?(?:a|abbr|b|cite|code|em|font|i|mark|s|small|span|strong|sub|sup|u)(?:\s[^<>]*)?/?>", re.IGNORECASE
)
_TAG = re.compile(r"<(?:/?[A-Za-z][A-Za-z0-9:-]*(?:\s[^<>]*)?/?|![^<>]*|\?[^<>]*)>")


def clean_text(text: str) -> tuple[str, bool]:
    """The text made plain, and whether HTML was found in it.

    Lone surrogates become U+FFFD. A `<` that opens no tag and an `&` that opens no entity stay.
    """
    # Controls go first: with one inside, a tag is none until it is gone.
    plain = _CONTROLS.sub("", _SURROGATES.sub("\ufffd", text))
    stripped = _strip_tags(plain)
    # Feeds often escape their HTML once more, so tags, and controls in them, may appear only now.
    unescaped = _ENTITY.sub(lambda match: html.unescape(match[0]), stripped)
    stripped = _strip_tags(_CONTROLS.sub("", _SURROGATES.sub("\ufffd", unescaped)))
    if _TAG.search(stripped):  # made of tags in one another; to strip again would take as many passes as there are
        stripped = stripped.replace("<", " ")
    found_html = stripped != plain
    return _SPACES.sub(" ", stripped).strip(" "), found_html


def encodable(text: str) -> bool:
    """Not with a lone surrogate, which JSON can spell, no name or filter holds, and Arrow refuses."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _strip_tags(text: str) -> str:
    if "<" not in text:
        return text
    return _TAG.sub(" ", _INLINE.sub("", _strip_unseen(text)))


def _strip_unseen(text: str) -> str:
    """The text without scripts, styles and comments, in linear time: an end that is missing is sought once."""
    parts, place, unending = [], 0, set()
    for start in _UNSEEN.finditer(text):
        name = start[1].lower()
        if start.start() < place or name in unending:
            continue
        end = _UNSEEN_ENDS[name].search(text, start.end())
        if end is None:
            unending.add(name)
        else:
            parts += [text[place : start.start()], " "]
            place = end.end()
    return "".join([*parts, text[place:]])
