"""The instructions of stage 3 and of inference, per task and output format.

The first of each tuple is the canonical one: what the SDK says. Every wording tells its format in words:
`items` asks for items and nothing else, `mixed` asks for items with a reason or simply chats, `text` asks to
explain or describe. No wording names an item type itself: the slots `{type}`, `{types}`, `{a_type}` do.
"""

from __future__ import annotations

from neo.language.wordings import asking, conversation, follow_ups, grounding, searching, telling
from neo.language.wordings.composed import bare, explained, reasoned, understood

COMPOSED = 300  # wordings of a task beside those that were written one by one


def _evenly(written: tuple[str, ...], composed: tuple[str, ...]) -> tuple[str, ...]:
    """All of them to draw from, the written ones again and again until they are as many as the composed ones.

    Else 300 composed ones would drown the others. 108 written requests for a bare list stand there three times, 82 of
    another kind four times: 52% of what is drawn is written by hand.
    """
    return written * round(len(composed) / len(written)) + composed


RECOMMEND = _evenly(
    (
        "Recommend {types} for me, items only.",
        "Only items: which {types} should come next?",
        "Pick {types} I would like, no words.",
        "Which {types} fit me? Just list them.",
        "List {types} for my taste, nothing else.",
        "Just the {types}, please: what suits me?",
        "Next {type} for me, item only.",
        "Give me {a_type} I would enjoy, no comment.",
        "Suggest {types} from my history, items only.",
        "What {type} comes next? Only the item.",
        "My next {types}, without any text.",
        "Name {types} for me, no chatter.",
        "Choose {a_type} for me and add nothing.",
        "I want {types}. Just items, no text.",
        "Some {types} for me, items only please.",
        "Find me {a_type} that fits, only the item.",
        "No talk, just {types} I might like.",
        "Which {type} next? Answer with items alone.",
        "Rank {types} for me, items only.",
        "Based on my history, only list {types}.",
        "Fill my queue with {types}, no words.",
        "Items only: {types} that match my taste.",
        "For me, {types} and nothing but items.",
        "Just pick {a_type} for me.",
        "Queue {types} that I might love, just the items.",
        "Time for {types}: what suits me? No prose.",
        "Serve me {types} that are my kind, items alone.",
        "Got any {types} for me? Items only.",
        "What {types} would you put in front of me? No text.",
        "Bring me {types}, without comments.",
        "I feel like {types}. Just name the items.",
        "Looking for {types} to my liking, just as items.",
        "Which {type} would you choose for me? Only its item.",
        "Send {a_type} my way, with nothing written.",
        "Go on with my taste in {types}, items only.",
        "Keep it to {types}, only items: what is next?",
        "A ranking of {types} for me, with no sentences.",
        "Not a word, please, only {types} that suit me.",
        "Only {types}. What would I like?",
        "Let me have {a_type}, the item alone.",
        "Any {type} that I would like? Items, no prose.",
        "Think of {types} for me and answer only in items.",
        "Return {types} for this listener, items only.",
        "The best {types} for me right now, no description.",
        "Just items: {types} I should try.",
        "Offer {types} that go with my history, no remarks.",
        "Could I get {types}? Nothing but items.",
        "Select {types} to follow my last ones, items only.",
        *asking.RECOMMEND,
    ),
    bare(COMPOSED),
)

RECOMMEND_MIXED = _evenly(
    (
        "Recommend {a_type} and say why.",
        "Recommend {types} for me and say why.",
        "Suggest {a_type} and give me the reason.",
        "Which {type} fits me, and why?",
        "Pick {a_type} for me and explain your choice.",
        "Give me {a_type} with a short reason.",
        "What {type} should come next, and why that one?",
        "Choose {types} for me, each with a reason.",
        "Find me {a_type} and tell me why it fits.",
        "Name {a_type} I would like and explain.",
        "I want {a_type}. Say why you chose it.",
        "My next {type}, please, and the reason for it.",
        "Which {types} suit my taste? Add a word on why.",
        "Tell me {a_type} to try and why.",
        "From my history, suggest {a_type} with reasons.",
        "Offer me {types} and explain in a line.",
        "What {type} would I enjoy? Give your reason.",
        "Propose {a_type} and tell me why I might like it.",
        "Get me {a_type}; I want to know why.",
        "One {type} for me, with the why.",
        "Help me choose {a_type} and tell me your reasons.",
        "Some {types} for me, and why I would like them.",
        *asking.RECOMMEND_MIXED,
    ),
    reasoned(COMPOSED),
)

SEARCH = (
    'Search {types} for "{query}", items only.',
    "Find {types}: {query}. Items only.",
    "Only items: {types} about {query}.",
    'List {types} that match "{query}", nothing else.',
    'Just find {a_type} for "{query}".',
    'Which {types} match "{query}"? Items only.',
    "Look up {types} for {query}, no words.",
    "Just {types} on {query}.",
    "I am looking for {a_type}: {query}. Only items.",
    "Query: {query}. Return {types}, items only.",
    "{query} - only {types}, no text.",
    'Get me {types} for "{query}", without comment.',
    "Search: {query}. Just list {types}.",
    'Find {a_type} like "{query}", item only.',
    "Only the {type} I mean: {query}.",
    'No talk, just {types} for "{query}".',
    'Where is the {type} "{query}"? Item only.',
    "Retrieve {types} for {query}, no text.",
    "Give me only {types} about {query}.",
    'Match "{query}" with {types}, items only.',
    "Anything on {query}? Just {types}.",
    "Items only. Find {types} for: {query}",
    *searching.SEARCH,
)

SEARCH_ANY = (  # no type is asked for: whatever matches
    'Search for "{query}", items only.',
    "Find: {query}. Items only.",
    "Only items about {query}.",
    'List what matches "{query}", nothing else.',
    'Just find "{query}".',
    'What matches "{query}"? Items only.',
    "Look up {query}, no words.",
    "Anything on {query}? Just list it.",
    "{query} - items only, no text.",
    "Query: {query}. Only items.",
    'No talk, just results for "{query}".',
    "Get me only items for {query}.",
    "Items only. Search for: {query}",
    *searching.SEARCH_ANY,
)

SEARCH_MIXED = (
    'Search {types} for "{query}" and say why.',
    "Find {types}: {query}. Say why they fit.",
    "Find me {a_type} about {query} and tell me why.",
    'Which {type} matches "{query}", and why?',
    'I am looking for {a_type}: "{query}". Explain your pick.',
    "Suggest {types} on {query}, with reasons.",
    'Look up {types} for "{query}" and explain the match.',
    "Get me {a_type} on {query} with a short reason.",
    "What {type} fits {query}? Give the reason.",
    'For "{query}", which {types}, and why?',
    "Query: {query}. Name {types} and say why.",
    'Match "{query}" with {a_type} and give a reason.',
    "Is there {a_type} on {query}? Tell me why it fits.",
    "I need {a_type} for {query}, and the reason for it.",
    "{query}: find {types} and explain.",
    'Pick {types} for "{query}", each with a reason.',
    'Search: "{query}". Tell me which {type} and why.',
    "Help me find {a_type} about {query}; say why.",
    'Point out {types} for "{query}" and your reasons.',
    "Which {types} are about {query}? Add why.",
    "Any {types} on {query}? Explain each in a line.",
    *searching.SEARCH_MIXED,
)

SEARCH_MIXED_ANY = (
    'Search for "{query}" and say why it fits.',
    "Find: {query}. Say why it fits.",
    "Find me something about {query} and tell me why.",
    'What matches "{query}", and why?',
    'I am looking for "{query}". Explain your pick.',
    "Suggest something on {query}, with reasons.",
    'Look up "{query}" and explain the match.',
    "What fits {query}? Give the reason.",
    "Query: {query}. Name items and say why.",
    "Anything on {query}? Tell me why it fits.",
    "{query}: find it and explain.",
    "I need something for {query}, and the reason for it.",
    *searching.SEARCH_MIXED_ANY,
)

EXPLAIN = _evenly(
    (
        "Explain why {item} suits me.",
        "Why does {item} suit me?",
        "Why would I like {item}?",
        "In words, why {item}?",
        "Tell me why {item} fits my taste.",
        "What makes {item} right for me?",
        "Why did you recommend {item}?",
        "Explain {item} to me: why this one?",
        "How does {item} fit my history?",
        "Give me the reason for {item} in a sentence.",
        "What in my history leads to {item}?",
        "Say in text why {item} is for me.",
        "Why is {item} on my list?",
        "For what reason would I enjoy {item}?",
        "Describe how {item} matches my taste.",
        "{item} - why that one?",
        "What is it about {item} that fits me?",
        "Explain the link between me and {item}.",
        "Why should I try {item}?",
        "I see {item} here. Why?",
        "Does {item} suit me, and for what reason?",
        "Write a sentence on why {item} is mine.",
        *telling.EXPLAIN,
    ),
    explained(COMPOSED),
)

UNDERSTAND = _evenly(
    (
        "Describe my taste in words.",
        "What do I seem to like?",
        "Sum up my listening in a few words.",
        "Write a short portrait of my taste.",
        "What kind of listener am I?",
        "Tell me what my history says about me.",
        "Describe me as a listener.",
        "What are my main interests?",
        "Which topics do I come back to?",
        "Put my taste into a sentence.",
        "In words, what am I into?",
        "Profile this listener in text.",
        "What do you know about my taste?",
        "Read my history and describe me.",
        "Say what I usually go for.",
        "How would you describe my interests?",
        "Summarize this history in a sentence or two.",
        "Write down what I care about.",
        "What does my listening have in common?",
        "Who am I, judging by my history?",
        "Sketch my taste in plain words.",
        "Tell me about my habits.",
        *telling.UNDERSTAND,
    ),
    understood(COMPOSED),
)

TASKS: dict[str, tuple[str, ...]] = {
    "recommend": RECOMMEND,
    "recommend_mixed": RECOMMEND_MIXED,
    "search": SEARCH,
    "search_any": SEARCH_ANY,
    "search_mixed": SEARCH_MIXED,
    "search_mixed_any": SEARCH_MIXED_ANY,
    "explain": EXPLAIN,
    "understand": UNDERSTAND,
    "chat_mixed": conversation.CHAT_MIXED,
    "chat_typed": conversation.CHAT_TYPED,
    "chat_about": conversation.CHAT_ABOUT,
    "chat_about_typed": conversation.CHAT_ABOUT_TYPED,
    "chat_counted": conversation.CHAT_COUNTED,
    "list_counted": conversation.LIST_COUNTED,
    "why": follow_ups.WHY,
    "what": follow_ups.WHAT,
    "more": follow_ups.MORE,
    "more_typed": follow_ups.MORE_TYPED,
    "not_this": follow_ups.NOT_THIS,
    "not_these": follow_ups.NOT_THESE,
    "switch": follow_ups.SWITCH,
    "thanks": follow_ups.THANKS,
    "beyond": follow_ups.BEYOND,
    "verbalize": grounding.VERBALIZE,
    "ground": grounding.GROUND,
    "type": grounding.TYPE,
}

# Training never uses these: they measure how far the words are understood and not only remembered.
HELD_OUT: dict[str, tuple[str, ...]] = {
    "recommend": (
        "Line up {types} for me, items and nothing more.",
        "Skip the words and hand me {types}.",
        "Which {types} are mine? A bare list, only that.",
    ),
    "recommend_mixed": (
        "Talk me into {a_type}: which one and why?",
        "Point me to {a_type} and back it with a reason.",
        "Which {types} should I queue, and for what reason?",
    ),
    "search": (
        'Dig up {types} for "{query}", a bare list only.',
        "Under {query}, which {types} are there? Just items.",
        "Fetch {a_type} for {query} and add no words.",
    ),
    "search_any": (
        'Dig up "{query}", a bare list only.',
        "What is there under {query}? Just items.",
        "Fetch {query} and add no words.",
    ),
    "search_mixed": (
        'Dig up {types} for "{query}" and defend your choice with reasons.',
        "Under {query}, which {type} is best, and why?",
        "Fetch {a_type} for {query} and explain yourself.",
    ),
    "search_mixed_any": (
        'Dig up "{query}" and defend your choice with reasons.',
        "What is best under {query}, and why?",
        "Fetch something for {query} and explain yourself.",
    ),
    "explain": (
        "Convince me of {item} in a sentence: why?",
        "On what grounds is {item} for me? Explain.",
        "How come you chose {item}?",
    ),
    "understand": (
        "If you had to introduce my taste, what would you say?",
        "Characterize my interests briefly.",
        "What can one tell from my history?",
    ),
    **conversation.HELD_OUT,
    **follow_ups.HELD_OUT,
    **grounding.HELD_OUT,
}
