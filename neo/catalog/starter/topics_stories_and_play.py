"""Words of the topics mystery, fantasy, romance, literature and games; vocabulary.py tells the format."""

from __future__ import annotations

TEXT = """
== Mystery & Thriller
cozy mysteries
  says: village murders, amateur detectives, tea and poison, gentle crime with a puzzle
  asked: cozy murder mystery, agatha christie style, village detective, whodunit
  icons: Teacup, Vicar, Scone, Parish, Marigold, Knitting
  about: a body in the rose garden=garden murder, the poisoned jam, a murder at the fete=village fair
    murder, the vicar's secret, a cat who knew too much=cat mystery, the missing recipe, the bookshop
    corpse=bookshop mystery, a fatal book club, the knitting circle alibi, death at the bake-off=baking
    murder, the retired colonel, a snowbound inn=christmas mystery
hard-boiled and noir
  says: private eyes, rain and neon, crooked cities, detectives with debts
  asked: noir detective, private investigator novel, hard boiled, gritty crime fiction
  icons: Neon, Rain, Bourbon, Alley, Trenchcoat, Smoke
  about: a missing heiress=rich girl missing, the crooked lieutenant=corrupt police, a dead jockey, the
    hotel detective, the blackmail photographs=blackmail, a singer with two names, the harbor strike, a
    suitcase of money=stolen money, the boxer who fell, the last honest cop, an old flame=femme fatale, a
    body in the canal
police procedurals
  says: detectives and their cases, murder squads, long investigations, the work of the police
  asked: detective series, police crime novels, murder investigation, inspector
  icons: Inspector, Squad, Badge, Warrant, Cordon, Precinct
  about: a killer on the fjord=scandinavian killer, the bridge body, a copycat=serial killer, the
    inspector's last case, a rookie in homicide=young detective, the drowned girl, the second confession, a
    leak in the squad=police mole, the quarry, the island murders, a child witness=child witness crime, the
    winter shooting
psychological thrillers
  says: secrets and lies, marriages that frighten, unreliable narrators, suspense behind closed doors
  asked: psychological thriller, twist ending, domestic suspense, like gone girl
  icons: Neighbor, Lie, Mirror, Basement, Stranger, Whisper
  about: the perfect neighbor=creepy neighbor, a husband with a past=husband secret, the nanny's diary=evil
    nanny, a wife who woke elsewhere=amnesia, the locked nursery, an anonymous letter, the house sitter, a
    twin's lie=evil twin, the therapist's patient=therapist thriller, the reunion weekend=friends trapped
    cabin, the smart house, the stalker upstairs=stalker
spies and conspiracies
  says: secret agents, double crosses, the cold war in shadow, intelligence and betrayal
  asked: spy novels, cia, cold war thriller, secret agent
  icons: Dossier, Mole, Cipher, Handler, Courier, Decoy
  about: a mole in London=double agent, the Vienna station=cold war vienna, a sleeper in the suburbs=sleeper
    agent, the defector=soviet defector, a dead drop, the honey trap, the chess player's secret, an embassy
    basement, the poisoned umbrella=kgb poison, a courier in Lisbon=wartime spy, the forger's daughter, the
    last exchange
legal and medical suspense
  says: lawyers in danger, doctors with secrets, conspiracies in white coats, trials that turn deadly
  asked: legal thriller, john grisham like, medical thriller, lawyer novel
  icons: Juror, Scalpel, Brief, Ward, Motion, Antidote
  about: the tampered verdict=jury tampering, a surgeon's mistake=surgeon novel, the drug trial=pharma
    conspiracy, the defense attorney=defense lawyer, an organ in the mail, patient zero=virus outbreak, the
    bribed judge, a partner's death=law firm secrets, the night ward, the will, the coroner's doubt=medical
    examiner, the vaccine thief

== Fantasy & Science Fiction
epic fantasy
  says: kingdoms and magic, quests, dragons and old oaths, chosen heirs
  asked: fantasy series, dragons, like lord of the rings, magic kingdoms
  icons: Dragon, Rune, Sword, Ember, Raven, Oath
  about: a dragon's last rider=dragon riders, the thief of seven cities=fantasy thief, a school for
    stormcallers=magic school, the broken crown=war of thrones, an oath in iron, the mapmaker's quest=quest,
    a sorcerer's apprentice=wizard apprentice, the winter queen=ice queen, the salt witches=witches, a bard
    who lied, the sleeping giants, the last healer
space opera
  says: starships and distant empires, crews among the stars, galactic wars, life aboard
  asked: science fiction, space ships, aliens, like dune
  icons: Starship, Void, Nova, Airlock, Vector, Drift
  about: a mutiny on the ark=generation ship, first contact=meeting aliens, the salvage crew=space salvage,
    a pilot without a planet, the empire of rings=galactic empire, the ice moon, the talking ship=sentient
    ship, smugglers at Ceres=space smugglers, a war of machines=robot war, the cartographer of stars, the
    long sleepers=cryosleep, the last colony=mars colony
dystopias
  says: broken futures, life after the collapse, rules that must not be broken, survivors
  asked: dystopian, post apocalyptic, end of the world, like hunger games
  icons: Rust, Ash, Wall, Number, Siren, Harvest
  about: the silent city, a lottery for water=water shortage future, the memory police=erased memories, a
    road through ash=after apocalypse, the seed thief, the wall's children=walled city, a drone pilot's
    doubt, the last library=banned books, the breeding permit, a plague of sleep=pandemic fiction, the debt
    colony, a girl with no number=surveillance state
time and other worlds
  says: time travel, parallel lives, doors between worlds, paradoxes
  asked: time travel, parallel universe, multiverse, alternate history
  icons: Clock, Portal, Paradox, Hourglass, Tuesday, Mirror
  about: a letter from next year=message from the future, the clockmaker's door=portal, a second
    Tuesday=time loop, Rome with steam engines=alternate rome, the cafe between worlds, a daughter not yet
    born, the historian's mistake=back in time, twins across time, the unlived life=what if life, the train
    to 1912, the lost hour, a war undone=what if war
ghosts and horror
  says: hauntings, dread and darkness, things under the house, stories for late at night
  asked: ghost stories, horror, scary stories, haunted
  icons: Ghost, Bone, Cellar, Candle, Hollow, Grave
  about: a house that hums=haunted house, the drowned village, the doll maker=creepy doll, a lighthouse
    haunting=ghost lighthouse, the thing in the ice=monster arctic, a bargain at midnight=deal with devil,
    the empty carnival=evil circus, grave robbers, the choir of moths, the whispering well, a vampire's
    widow=vampires, the last exorcist=exorcism
myths and fairy tales
  says: old legends retold, gods and tricksters, folk tales, once upon a time made new
  asked: mythology, greek myths, fairy tales, norse gods
  icons: Thorn, Spindle, Apple, Labyrinth, Raven, Slipper
  about: Medusa's side=medusa retelling, the wolf's version=red riding hood, Anansi's web=african trickster,
    selkies=seal woman, Loki's bargain=norse trickster, Baba Yaga's kitchen=russian witch, the Minotaur's
    sister=labyrinth ariadne, Persephone below=hades, the fox wife, Gilgamesh walks, the glass
    slipper=cinderella, the snow child

== Romance & Drama
historical romance
  says: love in other centuries, dukes and governesses, ballrooms and scandals, courtship with rules
  asked: regency romance, bridgerton like, historical love story, duke romance
  icons: Duke, Waltz, Bonnet, Scandal, Glove, Letter
  about: a fake engagement at court=fake engagement, the duke's librarian=duke and commoner, a Highland
    winter=scottish highlander, the runaway heiress, the widow's wager, a captain's letters=sea captain
    romance, a spy in the ballroom, the governess's secret=governess, a marriage of convenience=arranged
    marriage, rival botanists, the pirate's ransom, a season in Bath=jane austen style
modern love stories
  says: falling in love today, second chances, rivals who fall for each other, romance with jokes
  asked: romantic comedy, enemies to lovers, love story, second chance romance
  icons: Spark, Heartbeat, Kiss, Rooftop, Voicemail, Summer
  about: rival bakers=enemies to lovers, the wrong wedding=wedding romance, a fake boyfriend=fake dating, a
    summer in Sicily=holiday romance, the bookshop upstairs=bookshop romance, snowed in with an ex=snowed
    in, the single father next door=single dad romance, dating the goalkeeper=sports romance, letters never
    sent, love at sixty=older love, the best man, the office truce=office romance
small-town stories
  says: life in small places, neighbors and gossip, coming home, seasons in a valley
  asked: small town novel, feel good fiction, heartwarming, coming home story
  icons: Porch, Creek, Diner, Orchard, Lantern, Maple
  about: the diner by the bridge, a teacher returns=returning home, the orchard inheritance=inherits a farm,
    a feud over a fence, the last ferry summer, the widow's bakery=bakery novel, a stray dog's town=dog
    story, the flood year, the choir competition, the lighthouse inn=inn by the sea, the secret garden club,
    a mayor by mistake
family sagas
  says: generations and their secrets, siblings and inheritances, families over a century, mothers and
    daughters
  asked: family saga, generational novel, sisters story, family secrets fiction
  icons: Heirloom, Vineyard, Sister, Orchard, Portrait, Inheritance
  about: the vineyard sisters=three sisters, a house in Trieste, the unknown brother=secret sibling, four
    generations of midwives=midwife novel, the piano factory, an inheritance quarrel=inheritance, the
    emigrants' ship=emigration novel, mothers who left, a family restaurant=family restaurant novel, war
    brides=war bride, the last summer house, the shipping dynasty=rich family
coming of age
  says: growing up, first freedoms, school years and what they cost, youth and its mistakes
  asked: coming of age, young adult, growing up novel, teenage novel
  icons: Summer, Bicycle, Locker, Firefly, Sixteen, Mixtape
  about: a summer with no parents=unforgettable summer, the scholarship girl=boarding school, the band that
    almost was=teen band, two boys and a raft, a first heartbreak=first love novel, the swimming team, the
    year of the strike, a girl who boxes, the exchange student=exchange year, the outsiders' lunch
    table=misfits, the motorbike, the night before leaving
historical novels
  says: the past as fiction, lives in turbulent times, war and love in earlier days, history told through
    people
  asked: historical fiction, ww2 novel, tudor novel, novels set in the past
  icons: Silk, Ember, Tower, Harvest, Cathedral, Lantern
  about: a nurse on the Somme=ww1 nurse novel, the printer of Venice=renaissance italy, the queen's
    seamstress=tudor court, a spy in occupied Paris=french resistance novel, the plague doctor=plague novel,
    the pearl merchant, a bride in Shanghai=china novel, the glassblower's daughter, the dust bowl
    road=depression era, the slave ship's cook=slavery novel, the stonemason, the last samurai's
    wife=samurai japan

== Books & Ideas
philosophy
  says: big questions, thinkers and their arguments, how to live, ethics and meaning
  asked: stoicism, philosophy for beginners, meaning of life, ethics
  icons: Cave, Hemlock, Owl, Stoa, Paradox, Candle
  about: the Stoics=marcus aurelius, free will=do we choose, Simone de Beauvoir=existentialism, the trolley
    problem=moral dilemmas, Nietzsche's mountain=nietzsche, animal minds, Buddhist emptiness=buddhism,
    Plato's cave=plato, happiness, Wittgenstein's ladder, the ethics of eating, what is a good death
language and words
  says: words and where they come from, linguistics, accents and grammar, languages living and lost
  asked: etymology, linguistics, learn a language, grammar
  icons: Comma, Syllable, Vowel, Idiom, Glossary, Tongue
  about: swear words=swearing, dying languages=endangered languages, the Oxford dictionary=dictionary
    history, baby babble, sign languages=sign language, emoji grammar, accents=british accents, place names,
    untranslatable words=foreign words, punctuation quarrels=oxford comma, constructed languages=esperanto
    klingon, deciphering Linear B
poetry
  says: poems read and discussed, poets and their lives, verse for every day, lines worth learning
  asked: poems, poetry reading, famous poets, haiku
  icons: Stanza, Sonnet, Verse, Rhyme, Haiku, Nightingale
  about: Emily Dickinson's envelopes=dickinson, haiku masters=basho, war poets=wilfred owen, love
    sonnets=shakespeare sonnets, spoken word nights=slam poetry, Rumi, poems for funerals=funeral poems,
    Neruda's odes=neruda, nursery rhymes, Sappho's fragments=sappho, learning by heart, poems about rain
classic novels
  says: great books reread, nineteenth-century fiction, novels that last, readers and their classics
  asked: classic literature, jane austen, dickens, russian novels
  icons: Chapter, Moor, Parlor, Margin, Whale, Candle
  about: Middlemarch=george eliot, Moby-Dick=melville, Austen's letters=jane austen, Dostoevsky's
    debts=crime and punishment, Jane Eyre=bronte, Don Quixote=cervantes, Proust in a month=proust, Dickens
    on tour=charles dickens, Frankenstein's summer=mary shelley, Toni Morrison=beloved morrison, Kafka's
    office=kafka, the thousand and one nights=arabian nights
writing and publishing
  says: writers at work, getting published, drafts and editors, the making of books
  asked: writing tips, how to publish a book, author interviews, nanowrimo
  icons: Draft, Ink, Blurb, Margin, Typewriter, Page
  about: first novels=debut novelists, rejection letters=rejected by publishers, editors' pencils,
    self-publishing=publish on amazon, writer's block=cannot write, literary prizes=booker prize,
    ghostwriters=ghostwriting, translation=translators, memoir truths=write a memoir, writing at dawn,
    literary feuds, opening lines
faith and meaning
  says: religion and belief, the sacred and the everyday, faiths of the world, doubt and devotion
  asked: religion, bible, spirituality, islam and christianity
  icons: Pilgrim, Psalm, Incense, Minaret, Candle, Vigil
  about: desert monks=hermits, the book of Job=bible suffering, Ramadan nights=ramadan, Quaker
    silence=quakers, Hindu epics=mahabharata, losing faith=leaving religion, Sufi music, women
    rabbis=judaism women, cult survivors=escaping a cult, pilgrim feet=pilgrimage, hospital chaplains,
    prayer

== Games & Play
board games
  says: tabletop games, dice and cards, designers and players, evenings around a board
  asked: tabletop, card games, best board games, catan
  icons: Dice, Meeple, Pawn, Token, Deck, Hex
  about: Catan nights=settlers of catan, cooperative games=pandemic game, the Monopoly myth=monopoly origin,
    solo games, card collectors=magic the gathering, game cafes, trivia nights=pub quiz, war games, dice
    luck, kickstarter failures=crowdfunded games, chess boxing, games for two=two player games
role-playing
  says: tabletop adventures played aloud, dungeon masters, characters and campaigns, friends improvising a
    story
  asked: dungeons and dragons, dnd, actual play, rpg
  icons: Dungeon, Goblin, Quest, Tavern, Initiative, Paladin
  about: a goblin heist=dnd heist, the tavern brawl, cursed swords, a party of bards=bard party, horror
    one-shots=call of cthulhu, building a world=worldbuilding, first-time players=start playing dnd, the
    dragon's tax office, solo journaling games, session zero, the betrayal, a pirate campaign=pirate rpg
video games
  says: games and their makers, consoles and studios, players and what they play, digital worlds
  asked: gaming, nintendo, game reviews, indie games
  icons: Joystick, Pixel, Respawn, Boss, Sprite, Continue
  about: Zelda's maps=zelda, speedruns=speedrunning, indie darlings=indie game developers, crunch=overworked
    game devs, Tetris behind the curtain=tetris, farming sims=stardew valley, Dark Souls deaths=hard games,
    esports dorms=esports, arcade halls=arcade machines, Minecraft schools=minecraft, lost betas, game
    music=game soundtracks
chess and puzzles
  says: chess and its champions, puzzles and riddles, crosswords, games of pure thought
  asked: chess, crossword, riddles, brain teasers
  icons: Rook, Gambit, Riddle, Clue, Castling, Grid
  about: Fischer in Reykjavik=bobby fischer, cheating scandals=chess cheating, crossword makers=crosswords,
    chess in prison, the queen's gambit=chess openings, Rubik's cubes=rubik cube, escape rooms=escape room,
    the Polgar sisters=judit polgar, sudoku, computer chess=deep blue, riddles of the sphinx=riddles, jigsaw
    champions
comedy and improv
  says: comedians and their craft, improvised nonsense, sketches and stand-up, people trying to make each
    other laugh
  asked: comedy, stand up, funny podcast, improv
  icons: Punchline, Heckle, Banana, Kazoo, Pratfall, Mic
  about: bombing on stage=stand up fails, an invented holiday, worst first jobs=bad jobs, fake
    advertisements, hecklers, a musical made up on the spot=improv musical, dad jokes=jokes, the roommate
    agreement, local radio pranks=prank calls, satire in hard times=political satire, clown school=clowns,
    embarrassing stories=awkward stories
pop culture
  says: celebrities and fandoms, what everybody is talking about, trends and gossip, internet culture
  asked: celebrity gossip, internet drama, memes, pop culture news
  icons: Glitter, Meme, Poptart, Spotlight, Hashtag, Fandom
  about: boy bands=bts one direction, forgotten memes=old memes, celebrity memoirs=celebrity books, fan
    fiction, award nights=oscars, royal weddings=royal family, reality villains, the Eurovision
    effect=eurovision, nineties toys=90s nostalgia, influencer scandals=youtuber drama, internet
    mysteries=weird internet, theme parks=disneyland
"""
