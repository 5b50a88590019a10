"""Whether a request says in so many words that it is after what is new to who asks, or after what they know.

English, and only what leaves little doubt: "something new" may be what came out today, "like what I have heard" asks
for what is similar, and "I have never heard The Tide Report" asks for nothing; none of them is to be read.

Two readers, since the price of the opposite is high. Rules know three things that say it: a clause of theirs on what
they want ("shows that I have never heard"), a place of theirs ("outside my bubble"), and a word for it ("a discovery");
a denial before it turns it round ("nothing from my library"). They read a third of what people say. A classifier of
9,700 sentences by 27 writers, and of what training asks in, reads what rules know nothing of, and stops them where it
finds what they read improbable. Of left-out writers both together read 73%, 3% as the opposite, and 4% of what was to
mislead (benchmarks/aims.py); of the first 16 writers rules alone read 34, 4 and 2%. It knows nothing of titles, so with
one in a text, as where a request turns down what was named ("I've heard that"), only the rules are asked.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from neo.language import reading_aim
from neo.language.denials import denies, last_clause, plain_denials
from neo.language.reading_words import NOUN, as_words, classifier_of, fit_once
from neo.language.wordings.instructions import written
from neo.language.wordings.modes import DISCOVERY, MODES, WISHES
from neo_sdk.types import Mode

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

_NOUNS = (
    r"(?:things?|ones?|shows?|podcasts?|series|episodes?|books?|audiobooks?|titles?|voices?|names?|hosts?|creators?"
    r"|program(?:me)?s?|authors?|narrators?|gems?)"
)
_SOMETHING = rf"(?:something|anything|nothing|stuff|whatever|someone|somebody|{_NOUNS})"
_THAT = rf"(?:that|which|whom|what|where|{_SOMETHING})"
_I = r"(?:i|we)"
_SOME = r"(?:something|anything|nothing|stuff|only|just|the|to|more|all|few|some|of)(?: \w+)?"  # before "familiar"
_END = (
    rf"(?=\s*(?:[.,;:!?)]|$|(?:{_NOUNS}|ground|please|and|or|but|for|this|today|tonight|instead|rather|only|if|so|thanks"
    r"|thank|that|to|would|on)\b))"
)
_OWN = (
    r"(?:my|our)(?: \w+)? ?(?:usual(?: suspects| fare| stuff| shows| podcasts| picks)?|regulars?|comfort zone|standbys"
    r"|go-?tos?|bubble|rut|routine|beaten (?:track|path)|echo chamber)"
)
_PLACE = (  # "from my history" may be what is to be gone by
    r"(?:my|our)(?: \w+)? ?(?:library|shel(?:f|ves)|subscriptions|rotation|collection|repertoire|favou?rites|orbit"
    r"|radar|catalogue(?: of \w+)?|(?:played|listening) list|listening past)"
)
_DONE = (  # after "I have": what makes a thing known
    r"(?:heard|met|tried|read|seen|listened to|played|come across|had|encountered|followed|subscribed to|finished"
    r"|enjoyed|loved|liked|started|opened|visited|explored|discovered|sampled|put on|streamed|binged"
    r"|been (?:through|to|following|listening to|playing|enjoying|hearing))"
)
_HEAR = r"(?:hear|listen to|play|put on|enjoy|read|go through|go back to|come back to|return to|pick up|try)"
_OFTEN = r"(?: already| always| regularly| often| usually| currently| still| really| do| once| previously)*"
_LONG = r"[^.,;:!?]*\b(?:in|for) (?:years|ages|months|a (?:long )?(?:while|time))\b"
_THOUGHT = r" (?:quite )?(?:decided|understood|asked|sure|been (?:able|told|sure)|made|idea|wish|need|matter)"
_AGO = r"(?:before|once|already|in the past|back then|last \w+|(?:ages|years|a (?:long )?(?:while|time)) (?:ago|back))"


def _one_of(*ways: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(ways)})", re.I)


_NEW = _one_of(
    # a clause of theirs
    rf"{_THAT} {_I}(?:(?: have|'ve)?(?: \w+)? (?:never|not yet|not|yet to|no)|(?: \w+)? haven't)\b"
    rf"(?!{_THOUGHT}|{_LONG})",
    rf"{_THAT} {_I} (?:do not|don't|would not|wouldn't|did not|didn't|couldn't)(?: \w+)?"
    r" (?:know|follow|recogni[sz]e)\b(?! (?:about|how|why|what))",
    rf"{_THAT} {_I}(?:'m| am) (?:not|un)(?: yet)? ?familiar with\b",
    rf"{_THAT} (?:(?:has|have|is|are)(?:n't| not| never)|never)(?! new| unknown)[^.,;:!?]*\b(?:my|me|our|us)\b",
    r"(?:beyond|outside) (?:of )?(?:what|the (?:ones|shows|podcasts)|all|anything|everything)(?: that)? i(?: already)?"
    r" (?:know|follow|listen to)\b",
    # a place of theirs
    r"(?:outside|beyond|off|away from|other than|apart from|past|leave|escape|out of|missing from) (?:of )?"
    rf"(?:{_OWN}|{_PLACE}|my (?:history|past|habits))\b",
    r"(?:broaden|widen|expand|stretch|extend) my (?:\w+ )?(?:horizons?|tastes?|repertoire|library|range|world)\b",
    # a word for it
    r"(?:new|unknown|unfamiliar|fresh|foreign) (?:to|for) (?:me|us|my \w+)\b",
    rf"{_SOME} unfamiliar{_END}",
    r"(?:only|just|strictly|all|purely|exclusively) (?:the )?new (?:ones?|things?)\b|new (?:ones?|things?) only\b",
    r"(?:try|discover|explore|meet|get to know|experience) (?:something|someone|somebody|some|an?)(?: \w+)? new\b",
    rf"(?:an?|new|some|fresh|only|for|more|pure|real) discover(?:y|ies){_END}|let me (?:discover|explore)\b",
    rf"discover (?:some|a few|new) {_NOUNS}|introduce me to (?:something|someone|somebody)\b|branch(?:ing)? out\b",
    rf"(?:hear|listen to|try|meet|discover)(?: \w+){{0,3}} for the first time{_END}|never[- ]before[- ]heard\b",
    rf"(?:a|my) first (?:listen|encounter|meeting){_END}",
    r"(?:uncharted|unexplored|undiscovered|untrodden|unknown|unfamiliar|new|fresh|strange)"
    r" (?:territory|ground|waters|terrain)(?=\s*(?:[.,;!?]|$|please|for|this|today|tonight))",
    rf"(?:something|someone|somebody|anything|the) (?:unknown|unexplored|undiscovered|unheard(?: of)?){_END}",
    rf"(?:(?:an?|some|for) |(?<=\bno )|(?<=\bwithout ))(?:experiments?|strangers?){_END}",
)
_KNOWN = _one_of(
    # a clause of theirs
    rf"{_THAT} {_I}{_OFTEN} (?:know|knew|follow|subscribe to|listen to|keep coming back to|love)\b"
    r"(?! (?:about|how|that|why|what|to\b|it|when))",
    rf"{_THAT} {_I}(?:'m| am|'re| are)(?: already| still)? (?:following|(?:familiar|acquainted|at home) with)\b",
    rf"{_THAT} {_I}(?: have|'ve){_OFTEN} {_DONE}\b(?! (?:about|of)\b)|{_THAT} {_I} haven't (?:\w+ )?{_DONE}{_LONG}",
    rf"{_THAT} {_I} (?:heard|liked|loved|enjoyed|listened to|finished|played|followed|met|binged) {_AGO}\b",
    rf"{_THAT} (?:is|are)(?: already)? (?:known|familiar) to me\b|(?:already|well) known to me\b",
    rf"{_SOMETHING} (?:to |worth |i can |i could |i'd )*{_HEAR}(?:ing)?(?: \w+)? (?:again|once more|another time)\b",
    # a place of theirs
    rf"{_OWN}{_END}|(?:from|in|out of|within|among) {_PLACE}{_END}",
    r"(?:back|return|returning) to (?:something|what|one of|some of|the ones|things|an? old|old|where i)\b",
    rf"(?:safe|known|home|well-?trodden) (?:ground|territory|turf){_END}",
    # a word for it
    rf"{_SOME} familiar{_END}|the usual(?: suspects)?{_END}|known quantit(?:y|ies)\b|comfort listen(?:s|ing)?\b",
    rf"(?:revisit|rediscover|re-?listen|re-?hear|re-?read|re-?play|rerun)(?:s|ing|ed)?(?: of)?{_END}|repeats?{_END}",
    r"(?:an?|my|some|the|only|those|with|from) old (?:favou?rites?|friends?|acquaintances?|companions?|standbys?)\b",
    rf"tried[- ]and[- ](?:true|tested|trusted){_END}",
)
# Before these words they wish for neither: "not only what I know", "Jazz is new to me", "a book about things I know",
# "like what I have heard", "whether I know it or not", "how do they compare to what I usually hear?"; nor in a question
# on what was named, or where either will do.
_NEITHER = re.compile(
    r"(?:\b(?:not only|not just|not limit\w*|no matter|whether|regardless|both|either|mix|mixture|balance|half|matters?"
    r"|needn't|need not|feel free|(?:do not|don't|never) (?:mind|limit|have to))\b.*"
    r"|\b(?:(?:compar|connect|link|join|chim|shar|resembl)(?:e|es|ed|ing|ion|s)?|in common|alongside|stack up"
    r"|line up)\b.*"
    r"|(?<!\bthat)(?<!\bwhich)(?<!\bwhat)(?<!\bones) (?:is|are|was|were) |\b(?:lov|lik|enjoy)(?:ed|e)? "
    r"|\b(?:gather|tell|learn\w*|see|read|go(?:es)?|going|looking|relates?|ties|connects?) (?:\w+ )?"
    r"(?:from|by|at|with|to) (?:the )?|^(?:is|are|was|were|did|do|does|have|has)\b.*"
    r"|\b(?:about|on|like|similar to|close to|akin to|alike|(?:style|spirit|vein|mood|lines) of|based on|given"
    r"|judging (?:by|from)|because(?: of)?|related to|reminds? me of|resembl\w+|compared (?:to|with)|match(?:es|ing)?"
    r"|suits?|fits?|unlike|as \w+ as|than|knowing|know|remember|recall|forget|forgot) "
    r"(?:(?:the|those|some|all|most|much|a lot|one|any) (?:of )?)?)$",
    re.I,
)
_TIRED = re.compile(
    r"\b(?:bored|tired|sick|weary|fed up|forget|enough|done|steer clear|away|break|different)(?: \w+){0,3} $", re.I
)
_IS_OUT = re.compile(r"^(?: \w+){0,2} (?:are|is)(?: \w+)? (?:out|off|taboo|forbidden|excluded)\b", re.I)
_OR_NOT = re.compile(r"^(?: \w+){0,3} or (?:not|old|new)\b", re.I)
SURE = 0.7  # of the classifier, where rules know nothing
CREDIBLE, OPPOSED = 0.05, 0.5  # what rules read stands with so much for it, and less for its opposite
_SENTENCES: dict[str, Mode] = {sentence.lower(): mode for mode, sentences in WISHES.items() for sentence in sentences}
_ASKED: tuple[tuple[re.Pattern[str], Mode], ...] = ((_NEW, "unfamiliar"), (_KNOWN, "familiar"))
_OTHER: dict[Mode, Mode] = {"familiar": "unfamiliar", "unfamiliar": "familiar"}


def read_mode(text: str, chances: Mapping[str, float] | None) -> Mode:
    """The mode that a text asks for; "any" where it does not surely say.

    chances: how probable each is to who judges by more than rules; None where these alone are asked.
    """
    ruled = by_rules(text)
    return ruled or "any" if chances is None else surely(ruled, chances)


def surely(ruled: Mode | None, chances: Mapping[str, float]) -> Mode:
    """What both readers say of a text: by rules, and how probable each mode is to the classifier."""
    if ruled in DISCOVERY:
        return ruled if chances[ruled] >= CREDIBLE and chances[_OTHER[ruled]] < OPPOSED else "any"
    if ruled is not None:
        return "any"
    return next((mode for mode in DISCOVERY if chances[mode] >= SURE), "any")


def by_rules(text: str) -> Mode | None:
    """The mode that a text asks for; "any" where it says both, or neither in words that might, None in others."""
    found, touched = set[Mode](), False
    for sentence in re.split(r"(?<=[.!?])\s+", text.strip()):
        if whole := _SENTENCES.get(sentence.lower()):
            found.add(whole)
            continue
        spans, denied_plainly = list[tuple[int, int]](), plain_denials(sentence)
        for pattern, mode in _ASKED:
            for match in pattern.finditer(sentence):
                if any(start < match.end() and match.start() < end for start, end in spans):
                    continue  # "outside my bubble" says no to "my bubble" by itself
                spans.append(match.span())
                clause = last_clause(sentence[: match.start()])
                touched = True
                if _NEITHER.search(clause) or _OR_NOT.search(sentence[match.end() :]):
                    continue
                before = last_clause(denied_plainly[: match.start()])
                says_no = match[0].lower().startswith("nothing ") or denies(before)
                denied = says_no or _TIRED.search(before) or _IS_OUT.search(sentence[match.end() :])
                found.add(_OTHER[mode] if denied else mode)
    if len(found) == 1:
        return found.pop()
    return "any" if touched or found else None


@fit_once
def classifier() -> Pipeline:
    """Fit when first asked."""
    own = [pair for pairs in sentences().values() for pair in pairs]
    texts, modes = zip(*own, *others(), strict=True)
    return classifier_of([as_words(text) for text in texts], modes, runs=3)


def sentences() -> dict[Mode, list[tuple[str, str]]]:
    """By mode what asks for it, or sounds as if it did: (text, mode), writer after writer."""
    files: dict[Mode, str] = {"any": "any_mode", "familiar": "familiar", "unfamiliar": "unfamiliar"}
    return {mode: [(_filled(text), mode) for text in written(f"read/{files[mode]}")] for mode in MODES}


def others() -> list[tuple[str, str]]:
    """What training asks in: for a mode, and for none."""
    asked = {text: mode for mode, texts in WISHES.items() for text in texts}
    return [*asked.items(), *((text, "any") for text, _ in reading_aim.sentences() if text not in asked)]


def _filled(sentence: str) -> str:
    return sentence.format(types=NOUN, type=NOUN, a_type=NOUN)
