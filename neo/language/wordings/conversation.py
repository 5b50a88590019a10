"""The chatty requests of stage 3: open ones, ones that name a type, ones with a subject, ones with both.

They want items and a word on them, in as many ways as people have of asking. None wants what its answer, the next that
the listener met, would not follow: nothing short, nothing different, no three. With 22 open wordings, all that there
were, a quickstart model took half of 32 requests that it had not read before for questions about the listener.
"""

from __future__ import annotations

from neo.language.wordings import asking, chatting

CHAT_MIXED = (
    "What should I try next? I am open to anything.",
    "Hi! I have some time tonight. Any ideas?",
    "I have a long drive tomorrow. What do you suggest?",
    "I am bored. Surprise me with a few things.",
    "What goes well with a quiet evening?",
    "Help me fill the weekend.",
    "I can't decide what to put on.",
    "Good morning! What have you got for me?",
    "Something for my walk, please.",
    "What would you start with in my place?",
    "Hello, what is good for me today?",
    "I need a change. What do you have?",
    "Cooking dinner now. What could I put on?",
    "Talk me through a few things I might enjoy.",
    "Any tips for me this week?",
    "I have an hour free. Where do I begin?",
    "Can you put together a small mix for me?",
    "I am free all day. Ideas?",
    "My train is late. Keep me company with something?",
    "What is waiting for me that I would enjoy?",
    "Let's find something nice to listen to.",
    "A rainy day here. What do you suggest?",
    "Hi there.",
    "Good evening!",
    "Hey, it's me again.",
    "Something fresh for the gym?",
    "What is new and worth my time?",
    "Recommend me something.",
    "Can you suggest something?",
    "Find something I will love.",
    "What else is there for someone like me?",
    "What could I play on the bus?",
    "I want to relax. What helps?",
    "I want to laugh.",
    "I can't sleep. Put something on?",
    "Wake me up with something lively.",
    "The kids are in bed. What now?",
    "Doing the dishes. Entertain me.",
    "I feel like learning something today.",
    "What would my friends not know yet?",
    "Is there anything good that I missed?",
    "Where do I go from here?",
    "A four hour flight. What do I take along?",
    "New ideas for the road?",
    "Got a minute? I need a tip.",
    "Please choose for me today.",
    "I finished the last one. What follows?",
    "Play me something good.",
    "I have heard it all. Help!",
    "What do you have for a Monday morning?",
    *chatting.CHAT_MIXED,
)

CHAT_TYPED = (
    "Hi! Could you recommend {a_type}?",
    "I would like {a_type} for tonight. Which one?",
    "Which {type} should I start on the train?",
    "Any good {types} for a slow Sunday?",
    "I need {a_type} for the road, please.",
    "I am out of {types}. What do you suggest?",
    "Hello! What {types} have you got for me?",
    "I have time for {a_type}. Help me choose.",
    "My holiday needs {types}. Ideas?",
    "Help me pick {a_type} for the evening.",
    "Suggest {a_type} for my run.",
    "Let's find {a_type} I will love.",
    "What about a new {type}?",
    "Some {types} to unwind with?",
    "Tell me about {types} that I might enjoy.",
    "Are there {types} that would surprise me?",
    "A different {type} for once: which?",
    "Good morning! Which {type} goes with coffee?",
    "Find my next {type}.",
    "Could you put together a few {types} for me?",
    "I feel like {a_type}. What is good?",
    "Got {types} for a rainy day?",
    *chatting.CHAT_TYPED,
)

CHAT_ABOUT = (
    "I am in the mood for {query}. Any ideas?",
    "Lately I think a lot about {query}. What do you suggest?",
    "Hi! Do you have something on {query}?",
    "I would love something about {query} tonight.",
    "Let's talk about {query}. Where should I begin?",
    "A friend told me about {query}. What could I try?",
    "I am curious about {query}. Help me out?",
    "What is a good way into {query}?",
    "{query} sounds nice today. What have you got?",
    "I want to get into {query}. Any tips?",
    "Put together a small mix on {query} for me.",
    "Could you find me a few things on {query}?",
    "Anything about {query}?",
    "More on {query}, please.",
    "Recommend something about {query}.",
    "Some {query}, maybe?",
    "Is there anything good about {query}?",
    "I can't get enough of {query}.",
    "Teach me something on {query}.",
    "Today it has to be {query}.",
    *chatting.CHAT_ABOUT,
)

CHAT_ABOUT_TYPED = (
    "Do you know {a_type} about {query}?",
    "Any {types} on {query}?",
    "I would like {a_type} about {query}.",
    "Which {type} about {query} do I begin with?",
    "Hi! I am after {types} on {query}.",
    "Recommend me {a_type} about {query}.",
    "Is there a good {type} on {query}?",
    "What {types} do you have about {query}?",
    "Could you suggest {types} about {query}?",
    "Help me find {a_type} on {query} for tonight.",
    "I want {a_type} on {query}, please.",
    "Got {types} about {query} for my trip?",
    *chatting.CHAT_ABOUT_TYPED,
)

CHAT_COUNTED = (  # {count} stands before {types}, or before {type} where it is one
    "Give me {count} {types}.",
    "I need {count} {types} for the weekend.",
    "{count} {types} for me, please.",
    "Suggest {count} {types}.",
    "Name {count} {types} that I would like.",
    "What {count} {types} should I try?",
    "Put on my list {count} {types}.",
    "Find me {count} {types} for the road.",
    "I have time for {count} {types}.",
    "Could I have {count} {types}?",
    "Pick {count} {types} that suit me.",
    "I would like {count} {types} tonight.",
    "Recommend {count} {types} and tell me about them.",
    "Let me have {count} {types}.",
    "Hi! {count} {types} would be nice.",
    "Choose {count} {types} for my trip.",
    *asking.CHAT_COUNTED,
)

LIST_COUNTED = (
    "List {count} {types}, no words.",
    "Just {count} {types}, items only.",
    "{count} {types}, and no text.",
    "Name {count} {types} and nothing else.",
    "Only {count} {types}, please, without comment.",
    "Give me {count} {types}, items only.",
    "{count} {types} for me. Items alone.",
    "Pick {count} {types}, no chatter.",
    *asking.LIST_COUNTED,
)

COUNTS = (("one", "1", "a single"), ("two", "2", "a pair of"), ("three", "3"), ("four", "4"), ("five", "5"))


def counted(template: str, count: int) -> str:
    """The template for a number of items: 'Give me {count} {type}.' for one."""
    return template.replace("{types}", "{type}") if count == 1 else template
