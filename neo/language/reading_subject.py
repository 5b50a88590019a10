"""Whether a request asks for nothing but words: on who asks, or on an item that it points at.

English, and only what leaves little doubt. A portrait is read where the whole request asks for one; of an item that is
pointed at, words are asked for unless others are, as in "what else is like it?".
"""

from __future__ import annotations

import re

from neo.language.denials import plain
from neo.language.wordings.instructions import TASKS

_MINE = (
    r"my (?:own |past |main |whole |listening )*(?:tastes?|interests?|habits?|listening|history|profile|preferences"
    r"|likes|style|personality|favou?rites)"
)
_PORTRAY = (
    r"(?:describe|sum up|summari[sz]e|outline|sketch|portray|profile|analy[sz]e|characteri[sz]e|paint"
    r"|tell me about|tell me something about|say something (?:about|on)|put into words)"
)
_PORTRAIT = r"(?:a |an |the |my )?(?:\w+ )?(?:portrait|profile|sketch|picture|summary|description|account) of"
_OFTEN = r"(?:seem to |usually |mostly |really |generally |tend to |keep )*"
_PORTRAITS = frozenset(plain(wording).lower() for wording in TASKS["understand"])
_OF_THEM = re.compile(
    rf"(?:(?:so|and|please|ok|okay|well|now|then|in short|in a word)[,: ]+)*"
    rf"(?:(?:could|can|would) you (?:please )?)?"
    rf"(?:{_PORTRAY} (?:me|myself|{_MINE})"
    rf"|(?:(?:give|write|draw|paint|sketch)(?: me)?(?: up)? )?{_PORTRAIT} (?:me|{_MINE})"
    rf"|what(?: is|'s| are) {_MINE}(?: like)?"
    rf"|what do i {_OFTEN}(?:like|listen to|go for|prefer|choose|enjoy|love|return to|come back to)"
    rf"|what am i (?:all )?(?:into|about)|what makes me tick|(?:tell me )?who (?:am i|i am)"
    rf"|what (?:kind|sort|type) of listener (?:am i|(?:would you say|do you think) i am)"
    rf"|how (?:would|do) you (?:describe|see|sum up|put) (?:me|{_MINE})"
    rf"|what do you (?:know|think|have learned) (?:about|of) (?:me|{_MINE})"
    rf"|(?:what (?:does|do)|what can you tell from) {_MINE}(?: say| tell(?: you)?| reveal)?)"
    rf"(?: as a listener| about me| most| best| at all| in (?:a few|some|plain) words| in (?:a|one|two) sentences?"
    rf"| please)*[ ,]*(?:please)?[.?! ]*",
    re.I,
)
_REASON = (
    r"why|explain|reasons?|justify|defend|argue for|how (?:come|so|does|did)|on (?:which|what) grounds"
    r"|(?:argument|rationale|grounds|(?:a|the|your) case) (?:for|behind)|(?:thinking|reasoning) behind"
    r"|how (?!about)[^.?!]*\b(?:fits?|suits?|match|relevant)|to do with m[ey]|in it for me|in (?:which|what) way"
    r"|(?:convince|persuade) me|(?:sell|talk) me (?:on|into)|pitch [^.?!]*to me|account for|motivate(?! (?:me|my|us)\b)"
    r"|what (?:makes|made|speaks|led|brought|connects|links|ties|gave you)|where does\b[^.?!]*\bcome from"
)
_CONTENT = (
    r"describe|who made|who is behind|sum up|summari[sz]e|fill me in|enlighten me|tell me (?:some)?more"
    r"|more (?:about|on)"
    r"|(?:summary|description|gist|blurb|details|background|information) (?:of|on|about)|a line (?:about|on)"
    r"|what (?:does|happens|goes on|can i expect|do i get|will i hear|sort of thing is)"
    r"|(?:what|which) (?:topics?|themes?|story|subjects?)"
    r"|what(?:'s| is)(?: the (?:subject|content|plot|story))? (?:in|of)"
    r"|(?:tell|say|hear|know)(?: me)?(?: a line| more| some(?:thing)?)? (?:about|on|of)"
    # "What is it?", "What's that about?", "What is the second one like?"
    r"|what(?:'s| is| was| are)(?: it| th(?:is|at)(?: one)?| the \w+(?: one)?| your pick)? *"
    r"(?:all )?(?:about|exactly|like|in it)? *(?=[?.!,]|$)"
)
_OF_IT = re.compile(rf"(?<!\bno )(?<!\bwithout )\b(?:{_REASON}|{_CONTENT})(?!\w)", re.I)
_SEARCHES = (
    r"recommend|suggest|find(?! out)|pick|choose|give me|get me|bring me|fetch|search|a search|look (?:up|for)|hunt"
    r"|track|scan|scout|pull|dig|check|select|list|name (?:items|some|your)|point (?:me )?to|match me"
)
_BEGINS = r"(?:^|[.,:;!?] *|\b(?:and|please|now|kindly|then|do|(?:could|would|can) you|go) )"
_ITS = r"(?:(?:a|an|the|your|one|some|two) )?(?:\w+ )?(?:reasons?|line|gist|description|summary|rationale|details)"
_OTHERS = re.compile(
    r"\b(?:(?<!would i )(?<!i would )(?<!i'd )like|similar|same|else|instead|another|others?|next"
    r"|go(?:es)? (?:well )?with|close to"
    r"|after (?:it|that|this|them|the \w+(?: one)?)|follows?|replace|swap|fresher|newer|longer|shorter"
    r"|something|anything|whatever|everything|stuff|kind|results|(?<!of all )things(?! i)|looking for)\b"
    rf"|{_BEGINS}(?:{_SEARCHES})\b(?! {_ITS}\b)"  # "give me a reason for it" asks for no item
    # "What fits the sea, and why?" asks for what fits; "What is it, and why?" may.
    r"|^(?:and |so )?(?:what|who|which|where)\b[^?]*, (?:and )?(?:why|for what reason)\b"
    r"|^(?:what|who) (?:fits|suits|covers|matches|helps)\b"
    r"|\bwhat (?:should|would|could) (?:i|you) (?:take|try|play|file|name|choose|suggest|recommend)\b",
    re.I,
)

_INSTEAD = re.compile(
    r"\b(?:(?:some|any|no)(?:thing|one|body) else|what else|instead|others"
    r"|another(?! (?:question|thing|thought|time|day|way|word|matter))"
    r"|other (?:ones?|ideas?|options?|suggestions?)|different (?:ones?|ideas?)"
    r"|alternatives?|replace|swap|none of (?:them|these|those))\b"
    r"|^(?:please,? |sorry,? )?(?:no|not|skip|drop|forget|leave out|take away)\b"
    r"(?!,? (?:problem|worries|now|yet|today|bad|sure|wonder|complaints?|idea|doubt|need|hurry|rush|at all|really|so"
    r"|objections?|(?:that|this|it)(?:'s| is| was| sounds)|i(?:'ll| will|'d| would| like| love| do| am|'m))\b)",
    re.I,
)
_ENDS = re.compile(r"\b(?:thanks|thank you|bye|goodbye|good night|that's all|that is all)\b", re.I)


def asks_of_them(text: str) -> bool:
    """Whether the whole of a request asks who the listener is; one that also asks for items is left to the model."""
    whole = text.strip()
    return whole.lower() in _PORTRAITS or _OF_THEM.fullmatch(whole) is not None


def asks_of_it(text: str) -> bool:
    """Whether words are asked for, and no others than what is pointed at."""
    return _OF_IT.search(text) is not None and _OTHERS.search(text) is None


def asks_for_others(text: str) -> bool:
    """Whether what was named is turned down and something else is asked for."""
    return _INSTEAD.search(text) is not None and not (_OF_IT.search(text) or _ENDS.search(text))
