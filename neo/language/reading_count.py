"""How many items a request asks for. English, and only where it plainly asks: the number is kept, so a wrong one costs
more than none.

A number counts where a request begins ("three calm, funny shows"), or right behind words that ask ("could you find me
four"); with a noun for what is asked for, some words that say of what kind between them, or by itself at the end of
what is said. All other numbers are lengths, ages, names, places in a list, or of what is told ("I've heard two shows").
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from neo.language.denials import FAR, denies, last_clause

MOST_COUNTED = 20  # items that words alone can ask for at once
NUMBERS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_VALUES = {word: at for at, word in enumerate(NUMBERS, 1)}
_VALUES |= {"thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "eighteen": 18, "twenty": 20}
_VALUES |= {"a single": 1, "a pair of": 2, "a couple of": 2, "a couple": 2, "a trio of": 3}
_VALUES |= {"half a dozen": 6, "a dozen": 12}
_WORDS = "|".join(sorted(_VALUES, key=len, reverse=True))
# Not of 24/7, 5.1, <3, 50%, 3rd, twenty-one, two or three, 5-10.
NUMBER = (
    rf"(?<![\d./<+'-])(?:\d{{1,2}}(?![\d.,:/-]*\d|%|\+|st\b|nd\b|rd\b|th\b|s\b)|{_WORDS})"
    r"(?!\s*(?:-|\s(?:to|or)\s+(?:\d|\w+\s+\w*s\b)))"
)
_MEASURES = (
    r"(?:h|hr|hour|m|min|mn|minute|s|sec|second|day|night|evening|week|weekend|month|year|yr|yo|decade|centur(?:y|ie)"
    r"|o'clock|am|pm|k|km|mile|star|point|act|part|season|volume|vol|chapter|page|track|step|stage|word|line|topic"
    r"|genre|language|host|narrator|voice|guest|reader|sitting|time|try|request|question|thing|condition|rule|wish"
    r"|change|correction|hundred|thousand|million|dozen|percent|per|kid|child|children|boy|girl|friend|teen|teenager"
    r"|toddler|adult|guy|man|men|wom[ae]n|episode|parent|people|person|exam|flight|drive|mind|thumb|way|dollar|euro|pound|speed"
    r"|body|state)s?"
)
# What stands between a number and its noun says of what kind it is: no verb, nobody, nowhere, no other number.
_NO_KIND = (
    r"i|you|we|he|she|it|they|me|us|him|them|my|your|his|her|their|our|the|a|an|this|that|these|those|which|who|what|why"
    r"|is|are|am|was|were|be|been|has|have|had|do|does|did|can|could|will|would|may|should|want|need|like|love|adore"
    r"|hate|hates|loves|likes|prefer|hear|relax|listen|if|so|but|or|nor|not|no|any|some|than|then|because|in|into|at"
    rf"|to|from|with|by|about|for|on|of|as|too|also|please|down|{_WORDS}"
)
_KIND = rf"(?!(?:{_MEASURES}|{_NO_KIND})\b)[a-z][\w'&-]+"
GAP = (  # between a number and its noun
    rf"(?:(?:more|other|of\s+(?:your|the)(?=\s+\w+est\b|\s+(?:best|top|favou?rite)\b))\s+)?"
    rf"(?:{_KIND}(?<!s),\s*(?={_KIND}\s+{_KIND}))?(?:{_KIND}\s+(?:and\s+(?={_KIND}\s))?){{0,4}}"
)

# Nouns for what is asked for that name no type of a catalog.
_PICKS = (
    r"recommendations|recommends|suggestions|recs|picks|options|choices|ideas|titles|listens|reads|items|ones|pods"
    r"|alternatives|candidates|contenders|proposals|follow-ups|hits|gems|favou?rites|programmes|programs|recordings"
    r"|stories|novels|memoirs|biographies|thrillers|dramas|comedies|mysteries|documentaries|classics|sagas|interviews"
)
_SO = (
    r"(?:and|so|then|now|ok|okay|please|pls|plz|just|only|exactly|also|maybe|perhaps|well|great|yes|yeah|hi|hey|hello"
    r"|thanks|thx|instead|ur|me|another|any|let me have|lemme have|for me|got|are there|what are|what're|what would be"
    r"|which)"
)
_DO = (
    r"(?:give|gimme|send|find|pick|choose|list|name|suggest|recommend|offer|show|throw|bring|rank|compile|pull|share"
    r"|queue up|queue|line up|rattle off|put together|prepare|dish|serve|plan|get me|hit me|tell me|play me"
    r"|provide|propose|select|fetch|do|make|build)"
)
_ME = r"(?:\s+(?:me|us|him|her|them|my \w+|up|together|out|at me))*(?:\s+(?:with|a list of|the list of|a set of))?"
_WISH = (
    r"(?:(?:i|we)(?:\s+\w+)?\s+(?:want|need|wanna have)|need|want|(?:'d|would)\s+(?:really\s+)?(?:like|love|fancy)"
    r"|could (?:use|do with|go for)|(?:can|could|may) (?:i|we|he|she|they)(?: please| possibly)? (?:have|get)"
    r"|have you got|do you have|i'll (?:take|have)|how about|what about|let's (?:do|have)"
    r"|(?:make|keep|limit|narrow)\s+(?:it|that)(?:\s+down)?(?:\s+to)?"
    r"|surprise me with|come up with|looking for|in the mood for|hit me with|grateful for|appreciate"
    r"|(?:list|pack|set|selection|bundle|playlist|batch) of|please to give)"
)
_YOU = r"(?:(?:can|could|will|would|may)\s+(?:you|u)|would you mind|you (?:can|could)|i(?:'d| would) like you to)"
# What stands before a number that counts what is asked for, from the beginning of its clause.
_PLACE = re.compile(
    rf"(?:^\W*(?:(?:{_SO})\s+)*|\b(?:so|and|then|please|now)\s+(?:{_SO}\s+)*)"
    rf"(?:(?:{_YOU}\s+)?(?:(?:{_SO}|kindly)\s+)*(?:(?:{_DO}{_ME}|(?:picking|finding)(?: out)?)\s+)?)"
    rf"(?:(?:just|only|exactly|maybe|another|a|any|the next)\s+)*$"
    rf"|(?:\b|(?<='))(?:{_WISH})(?:\s+(?:just|only|exactly|maybe|another|a list of|the next|to hear|to try))*\s+$",
    re.I,
)
# What stands before a number that is of something else, where its noun follows with one word between at most.
_TELLER = r"(?:i|we|they|you|he|she|i've)"
_OF_ELSE = re.compile(
    r"(?i:\b(?:season|series|part|volume|book|episode|chapter|number|no\.?|top|level|year|grade|formula|war|than|version"
    r"|page|day|tier|zone|phase|stage|unit|step|class|division|league|player|party|section|big|famous|secret|fantastic"
    r"|high|last|all|both|those|these|that|this|other|first|the|your|my|his|her|their|our|between|after|before|under"
    r"|over|around|within|least|most|about|only|(?:up|similar|close|compared|listened) to|age[ds]?|until|like|on|or|has"
    r"|had|where|(?:some|any)thing (?:\w+ )?(?:of|with|in)"
    r"|(?:series|trilogy|author|mix|cross|one|most|any|none|both|class) of"
    r"|(?:an?|one|some|any|the|that|which) (?:\w+ )?with|is|are|was|were|there's|it's|i've|wrote|writing|follow"
    rf"|{_TELLER} (?:[a-z]+ )?(?:[a-z]+ed|love|like|know|follow|wrote|write|read|heard|gave|sent|got|did)"
    r"|(?:i|we|they|who|that|which|shows|podcasts) (?:[a-z]+ )?have|replace|remove|swap|change|keep|delete"
    r"|why(?: only)?|not|twenty|thirty|forty|fifty|hundred)\s*$)"
    r"|\w\s+[A-Z][\w']*\s+$|\d\W*$",
)
# Behind a noun: what was said of it before, or how often it is asked for.
_TOLD = re.compile(
    r"\s+(?:(?:you|i|we|they|from|by) (?:\w+ ){1,3})?(?:was|were|is|are|sounds?|looks?|left|would be)\b"
    r"(?! (?:that|who|which|good|great|fine|ok|plenty)\b)"
    r"|\s+(?:each\b(?! (?:with|has))|for (?:each|every)|per\b|an? (?:day|week|month|night)|ever\b"
    r"|in\s*(?:,|and\b|$)|at a time|long\b)",
    re.I,
)
# Before digits that are of a name or a range: "radio 4 podcasts", "ages 5 to 7 stories", and where a request begins all
# words that ask for nothing, as in "python 3 programs".
_NAMED = re.compile(
    r"(?:\b(?:radio|channel|bbc|to)|^\W*(?!(?:what|which|just|only|simply|merely|purely|name|list|put|add|print|return"
    rf"|output|drop|load|dump|enter|present|write|tabulate|itemi[sz]e|enumerate|display|would|{_DO})\s)[\w']+)\s+$",
    re.I,
)
_YOURS = re.compile(r"(?:\b(?:your|ur|a|the)\s+)?(?:(?:top|best)[\s-]*)?$", re.I)
_ASKED_BACK, _BARE = re.compile(r"\s*\?\s*\S|\s*\?$"), re.compile(r"\W*(?:(?:just|only)\s+)?", re.I)
# Sums and corrections, which are not made out: "two thrillers and one memoir", "two, actually three".
_SEVERAL = re.compile(
    rf"\b{NUMBER}\b[^.!?]{{0,80}}(?:\band\s+(?:another|{NUMBER})\s+(?!(?:more|line|word|reason|sentence)\b)"
    rf"|\b(?:no|wait|actually|or rather)\b,? (?:make (?:it|that) )?{NUMBER}\b)",
    re.I,
)


def value(number: str) -> int:
    """What a number that `NUMBER` finds stands for."""
    number = " ".join(number.lower().split())
    return int(number) if number.isdigit() else _VALUES[number]


def counts(before: str, after: str, between: str = "") -> bool:
    """Whether a number is of what is asked for. before: from the beginning of its clause; after: behind its noun;
    between: both, the number and what stands before its noun, where it has one."""
    if re.search(r"(?:^|\S)\s{8,10}$", before) or (_ASKED_BACK.match(after) and _BARE.fullmatch(before)):
        return False  # "not just two", where the denial is blank; "only two?", "five podcasts? too many"
    if _TOLD.match(after) or denies(before):
        return False
    if between[:1].isupper() and before.strip():
        return False  # "Ocean's Eleven podcasts"
    named = between[:1].isdigit() and _NAMED.search(before)
    number = re.match(NUMBER, between, re.I)
    near = number is not None and len(between[number.end() :].split()) <= 1 and not named
    return _PLACE.search(before) is not None or bool(near and not _OF_ELSE.search(before))


def several(text: str) -> bool:
    """Whether more than one number may be of what is asked for."""
    return _SEVERAL.search(text) is not None


@dataclass(frozen=True)
class CountReader:
    """nouns: a pattern of those that name the types of a catalog."""

    nouns: str

    def read(self, text: str) -> int | None:
        """How many are asked for without a type's noun right behind; None where nothing or two things are said.

        text: where what only sounds like a denial is blank, see `denials.plain`.
        """
        if several(text):
            return None
        found = [value(match[match.lastgroup or 0]) for match in self._pattern.finditer(text) if self._counts(match)]
        return found[0] if len(found) == 1 and 0 < found[0] <= MOST_COUNTED else None

    def _counts(self, match: re.Match[str]) -> bool:
        kind, start = match.lastgroup or "", match.start(match.lastgroup or 0)
        before, after = last_clause(match.string[:start][-FAR:]), match.string[match.end() :][:FAR]
        one = value(match[kind]) == 1
        if kind in ("listed", "times", "room"):  # "podcasts, three of them", "room for two"
            return not denies(before)
        if kind in ("picks", "best", "yours"):
            before = before if kind == "picks" else _YOURS.sub("", before)
            return not one and counts(before, after, match[0].rsplit(None, 1)[0] if kind == "picks" else "")
        if kind in ("alone", "begun"):
            return not one and not denies(before)
        if one and not re.search(r"\b(?:just|only)\s+$", before):
            return False  # "recommend one" may mean any
        if match[kind].isdigit() and not re.search(r"\b(?:me|us|want|need|like)\s", before, re.I):
            return False  # "play 3" points
        return bool(before.strip()) and not re.search(r"\bwould (?:you|u)\b", before, re.I) and counts(before, after)

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        ends = (
            r"(?=\s*(?:$|[.,;:!?)\u2014]|-\s"
            r"|(?:for|on|about|that|which|like|please|pls|instead|from|by|max|tops|today)\b))"
        )
        top = r"(?<!\bthe )(?:(?<!\ba )\b(?:top|best)|\btop(?= \w+ of\b))[ -]?"
        more = r"(?:\s+(?:more|others?)(?:\s+[a-z]+s)?)?"
        nouns = rf"(?:{_PICKS}|{self.nouns})"
        best = r"(?:very\s+|all-time\s+)?(?:best|top|favou?rites?|finest|[a-z]+est)\b"
        please = r"(?:please|pls|plz|of (?:them|those|these)|in total|titles?|if you can(?: manage it)?|should do)"
        return re.compile(
            rf"\b(?P<picks>{NUMBER})\s+{GAP}(?:{_PICKS})(?![\w-])"
            rf"|{top}(?P<best>{NUMBER})\b(?!\s+(?:{_MEASURES}|charts?|hobbies)\b)"
            rf"|\b(?P<yours>(?<=\byour ){NUMBER}(?=\s+{best})|(?<=\bthe ){NUMBER}(?=\s+{best}\s+{GAP}{nouns}))\b"
            rf"|\b{nouns}(?<=s)\b[\w\s]{{0,40}}?(?:[,:(]|\s-+)\s*(?P<listed>{NUMBER})(?:\s+{please})*\s*(?=$|[).,!?])"
            rf"|\b{nouns}\s+x\s?(?P<times>{NUMBER})\b"
            rf"|(?:^\s*|[.!?]\s+)(?:(?:just|only|exactly)\s+(?:the\s+)?)?(?P<alone>{_WORDS})(?:\s+more)?"
            rf"(?:\s+{please}|(?:'s|\s+is|\s+are|\s+will|\s+would)\s+(?:be\s+)?(?:plenty|enough|do|the limit))\b"
            rf"|^\s*(?:(?:just|only|exactly)\s+(?:the\s+)?)?(?P<begun>{_WORDS})(?=[.,]\s*\w)"
            rf"|\b(?:room|space|time)\s+for\s+(?:just\s+|only\s+)?(?P<room>{NUMBER})(?:\s+more)?"
            r"(?=\s*(?:$|[.,;:!?)]|please\b|in my\b|on\b))"
            rf"|\b(?P<asked>{NUMBER}){more}{ends}",
            re.I | re.A,  # else a long s is an s, and no number is found for what was matched
        )
