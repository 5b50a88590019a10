"""Words of the topics history, true crime, news, business and money; vocabulary.py tells the format."""

from __future__ import annotations

TEXT = """
== History
maritime history
  says: seafaring, the age of sail, life on the open ocean, ships and the people who sailed them
  asked: shipwrecks, old sailing ships, sailors, naval stories
  icons: Salt, Anchor, Hull, Compass, Tide, Lantern
  about: the Batavia mutiny=ship mutiny, the last clipper race=tea clippers, ship's cooks, lighthouse
    keepers, the search for Franklin=lost arctic expedition, harbor pilots, whaling towns=whalers,
    figureheads, the Mary Rose=Tudor warship, press gangs, lost cargo, cable-laying ships=undersea telegraph
ancient worlds
  says: Rome and Greece, the classical world, life in antiquity, temples and the people who built them
  asked: romans, ancient greek stories, old civilizations, antiquity
  icons: Marble, Toga, Olive, Forum, Oracle, Column
  about: Roman bathhouses=public baths, the fall of Carthage=Punic wars, Spartan schooling=spartans,
    Pompeii's bakeries, the library of Alexandria=burned library, Egyptian embalmers=mummies, gladiator
    doctors, Minoan Crete, Hadrian's Wall=roman frontier, Persian couriers, clay tablets=cuneiform, the
    first Olympics
medieval life
  says: the Middle Ages, castles and cloisters, feudal Europe, monks and merchants
  asked: knights, medieval times, castles, peasants and kings
  icons: Castle, Quill, Crown, Abbey, Gauntlet, Bell
  about: the Black Death=plague, siege engines=catapults, pilgrim roads, illuminated manuscripts=monks
    copying books, Viking traders=norsemen, cathedral builders, the Hanseatic League=baltic merchants,
    falconry, castle kitchens, Eleanor of Aquitaine, the Domesday Book, traveling minstrels
the world wars
  says: the two world wars, the war years, soldiers and civilians at war, the home front
  asked: ww2, wartime stories, trenches, military history
  icons: Trench, Ration, Telegram, Poppy, Convoy, Siren
  about: codebreakers at Bletchley=enigma, the Christmas truce=1914 football, war nurses, the Dunkirk
    boats=evacuation, ration books, carrier pigeons=messenger birds, the Berlin airlift, women pilots, the
    Arctic convoys, field hospitals, resistance printers=underground press, tunnel escapes
revolutions and empires
  says: empires and their endings, uprisings that changed nations, thrones and barricades, colonial rule
  asked: how empires fall, french revolution, kings overthrown, colonialism
  icons: Throne, Barricade, Banner, Guillotine, Treaty, Crownless
  about: the storming of the Bastille=1789 paris, the Haitian Revolution=slave uprising, the last
    tsar=romanovs, the Ottoman court, the Boxer Rebellion, the silk roads=caravans, salt marches=gandhi, the
    East India Company, the Paris Commune, the Mongol post, exiled kings, Bolivar's campaigns
everyday life in the past
  says: how ordinary people lived, domestic life long ago, customs and chores of earlier times, the history
    of small things
  asked: social history, how people used to live, victorian life, old customs
  icons: Button, Candle, Kettle, Parlor, Hearth, Penny
  about: the invention of the weekend, chimney sweeps=child labor, early toothbrushes, washing days=laundry
    before machines, the penny post=first stamps, corsets, street lamps=gaslight, servants' halls=below
    stairs, public toilets, wallpaper, mourning dress, school slates

== True Crime
cold cases
  says: unsolved murders, files reopened after decades, killings that were never explained, old evidence and
    new eyes
  asked: unsolved crimes, murder mystery real, case reopened, killer never caught
  icons: Shadow, File, Frost, Witness, Echo, Evidence
  about: a stranger on the night bus, the orchard murders, a letter without a stamp, the red raincoat, the
    Lakeside Motel=motel killing, a forgotten witness, the campus stabbing=student murder, a DNA
    match=genealogy dna, the missing tape, the farmhouse fire=arson death, the wrong suspect=wrongly
    accused, a deathbed confession
heists and fraud
  says: con artists, daring thefts, swindles and the people who fell for them, money that vanished
  asked: scams, bank robbery, con man stories, white collar crime
  icons: Vault, Mark, Forgery, Diamond, Ledger, Mask
  about: the diamond vault job=jewel robbery, a fake heiress=society impostor, forged paintings=art forger,
    the pyramid queen, the casino counters=card counting, stolen cheese, the crypto vanishing=crypto
    exchange collapse, the airport gold, romance scams=online dating fraud, counterfeit wine=fake burgundy,
    the insurance ship, a charity that never was
trials and courtrooms
  says: famous trials, juries and their verdicts, what happens in court, lawyers at their best and worst
  asked: court cases, lawyer stories, jury verdict, wrongful conviction
  icons: Gavel, Verdict, Oath, Docket, Objection, Bench
  about: the hung jury=jury deadlock, a false confession, the poisoned tea trial=poisoner, expert witnesses,
    the last appeal, death row letters=capital punishment, a mother on trial, the judge who quit, the
    youngest defendant=juvenile court, the bribed juror, self-defense claims, a retrial after thirty years
forensics
  says: forensic science, the work of crime labs, what bodies and traces reveal, investigators with
    microscopes
  asked: csi science, autopsy, fingerprints, crime lab
  icons: Trace, Swab, Fiber, Bone, Luminol, Print
  about: blood spatter doubts, bite marks in court=teeth evidence, the body farm=decomposition research,
    pollen as proof, handwriting experts=graphology, insect clocks=maggots time of death, fire patterns,
    voice matching, shoe prints, facial reconstruction=skull face, digital footprints=phone data, the first
    fingerprint
disappearances
  says: people who vanished, missing persons, searches that found nothing, last sightings
  asked: missing people, vanished without trace, lost hikers, kidnapping
  icons: Footprint, Fog, Poster, Trail, Silence, Search
  about: the empty sailboat=abandoned yacht, twins who never came home, a hiker in the Cascades=lost in
    mountains, the vanished choir, a ransom note=kidnapped, the ghost flight=missing plane, a second
    identity=faked death, the island lighthouse, the last phone call, the runaway bride, a village
    search=search party, the boy in the photo
organized crime
  says: mafia families, gangs and smugglers, underworld empires, people who run rackets
  asked: mafia, mob bosses, drug cartels, gangsters
  icons: Racket, Dock, Fedora, Syndicate, Cartel, Informer
  about: the fish market racket, a boss in hiding=fugitive godfather, the pizza connection=heroin ring,
    prison telephones, harbor smugglers=cocaine port, the informer's wife, illegal casinos, biker
    clubs=motorcycle gang, eel trafficking, the money launderers=dirty money, yakuza tattoos=japanese mob,
    undercover years=undercover cop

== News & Politics
elections
  says: campaigns and voters, how elections are won, polling and turnout, people who run for office
  asked: politics podcast, who will win the vote, campaign news, polls
  icons: Ballot, Stump, Swing, Poll, Podium, Rosette
  about: swing districts=marginal seats, the polling miss=why polls are wrong, door knockers=canvassing,
    postal votes, the youth turnout=young voters, debate night, campaign songs, attack ads=negative ads,
    gerrymandering=voting maps, a recount, ranked-choice voting=electoral reform, the mayor's race
world affairs
  says: foreign policy, diplomacy, what happens between nations, borders and treaties
  asked: international news, geopolitics, wars explained, global politics
  icons: Border, Embassy, Atlas, Summit, Envoy, Meridian
  about: grain corridors=wheat exports, the embassy siege=hostage diplomats, undersea cables,
    sanctions=trade penalties, the Arctic race=north pole claims, peace talks, spy swaps=prisoner exchange,
    water wars=river dams conflict, small island states=sinking islands, arms deals, a coup at dawn=military
    takeover, the new silk road=china belt and road
local stories
  says: small-town reporting, neighborhoods and their fights, city councils, what happens around the corner
  asked: local news, city hall, community stories, my town
  icons: Corner, Bulletin, Block, Townhall, Postbox, Kerb
  about: the library closure=saving a library, a bridge that never opened, parking wars, the last
    newspaper=dying local paper, flooded basements=town flood, a school board fight, the night market, bus
    route twelve=public transport cuts, the housing protest=rent strike, a stray peacock, the volunteer
    firefighters, a mayor under investigation=corrupt mayor
media and truth
  says: journalism, how news is made, rumor and fact, the people behind headlines
  asked: fake news, disinformation, reporters, press freedom
  icons: Headline, Deadline, Byline, Static, Column, Source
  about: viral hoaxes=online rumors, deepfakes=ai fake video, war reporters, the paywall, fact-checkers, an
    anonymous source=whistleblower, the tabloid years=gossip papers, propaganda posters, censored
    cartoons=banned satire, radio in exile, local news deserts, the algorithmic feed=social media news
migration
  says: people on the move, refugees and newcomers, life between two countries, leaving home and arriving
  asked: immigrants, refugee stories, moving abroad, asylum
  icons: Suitcase, Passage, Harbor, Passport, Threshold, Crossing
  about: the night crossing=boats mediterranean, a language class=learning the new language,
    remittances=sending money home, border towns, the interpreter's job, seasonal pickers=farm workers,
    second-generation kitchens, asylum interviews, the family reunion, brain drain=doctors leaving,
    citizenship tests, going back
law and rights
  says: civil liberties, landmark cases, how laws change lives, the constitution and its readers
  asked: supreme court, human rights, legal explained, privacy law
  icons: Clause, Liberty, Charter, Statute, Amendment, Appeal
  about: the right to repair=fix your own phone, facial recognition=surveillance cameras, protest bans=right
    to protest, the copyright monkey, prison labor, disability ramps=accessibility rights, voting after
    prison, surrogacy contracts, a river with rights=nature as legal person, jury pay, juvenile records, the
    four-day week law

== Business
startups
  says: founders and their companies, building something from nothing, venture capital, early-stage
    companies
  asked: entrepreneur podcast, startup founders, how to start a company, raising money
  icons: Garage, Pitch, Runway, Launch, Unicorn, Napkin
  about: the first ten customers=getting first users, a failed pitch=investors said no, co-founder
    breakups=founder conflict, selling too early, bootstrapping=no investors, a pivot, hiring number one,
    the down round, meal-kit wars=recipe boxes, a drone factory, founder burnout=exhausted ceo, the exit
marketing
  says: brands and advertising, persuading people to buy, campaigns and slogans, the craft of attention
  asked: advertising, branding tips, social media growth, copywriting
  icons: Slogan, Jingle, Billboard, Label, Funnel, Logo
  about: jingles, a logo redesign=rebrand disaster, loyalty cards=reward programs, the mascot comeback,
    email subject lines, influencer deals=paid influencers, the Super Bowl spot=tv commercials, naming a
    product, scarcity, guerrilla posters, the price ending in nine=pricing tricks, brand apologies
leadership
  says: managing people, leading teams, the craft of being a boss, decisions under pressure
  asked: management, better boss, team building, executive coaching
  icons: Helm, Captain, Whiteboard, Corner, Baton, Ladder
  about: the first firing=letting someone go, difficult feedback=honest criticism, one-on-ones, remote
    teams=managing from home, quiet people, succession=handing over the company, a crisis call, delegating,
    meetings without slides=fewer meetings, promotions, culture clashes, saying no
careers and work
  says: working life, jobs and how people find them, offices and what they do to us, changing careers
  asked: job interview, career change, work life balance, resume help
  icons: Badge, Lunchbreak, Desk, Punchclock, Cubicle, Overtime
  about: salary talks=asking for a raise, the exit interview=quitting, night shifts, a career at fifty=late
    career change, open offices, internships, the four-day week=working less, imposter feelings=impostor
    syndrome, office friendships, gig work=delivery drivers, parental leave, the dream job
shops and makers
  says: small businesses, family firms, people who make and sell things, trade on the high street
  asked: small business, shop owners, handmade business, side hustle
  icons: Counter, Till, Awning, Workshop, Apron, Receipt
  about: a bookshop with no window, pop-up bakeries, the umbrella maker=umbrella repair, third-generation
    butchers=family shop, the market stall=selling at markets, a bike repair van, online crafts=selling on
    etsy, the corner store, cheese caves, the brush factory, franchise regrets=buying a franchise, seasonal
    trade=christmas shops
industry and supply
  says: how things are made and moved, factories and freight, supply chains, the machinery of trade
  asked: manufacturing, logistics, shipping containers, how things are made
  icons: Crane, Pallet, Freight, Conveyor, Rivet, Depot
  about: container ports=container ships, the chip shortage=semiconductors, cold chains, the banana
    trade=fruit trade, warehouse robots=amazon warehouses, pallets, cement, airplane graveyards=old planes,
    rare earths=battery metals, truck stops=long-haul truckers, toy factories, a strike at the docks

== Money
saving and budgets
  says: household budgets, spending less, everyday thrift, money habits that last
  asked: save money, frugal living, budgeting help, get out of debt
  icons: Jar, Coupon, Penny, Envelope, Piggy, Change
  about: the envelope method=cash budgeting, a no-spend month=stop shopping, grocery bills=cheap groceries,
    paying off cards=debt, an emergency fund, couples and money, secondhand everything=thrift, subscriptions
    creep, the debt snowball, haggling, cheap holidays, teaching kids money=pocket money
investing
  says: stocks and funds, putting money to work, markets and their moods, long-term investing
  asked: stock market, how to invest, index funds, shares
  icons: Bull, Ticker, Dividend, Bear, Compound, Portfolio
  about: index funds=passive investing, market crashes=1929 2008 crash, dividend aristocrats=dividend
    income, bubbles, gold, the patience premium, green funds=ethical investing, stock pickers, bond ladders,
    fear of missing out=meme stocks, insider trading, a first hundred dollars=beginner investing
economics
  says: the economy and how it works, prices and incentives, inflation and trade, economists and their
    quarrels
  asked: economy explained, why prices rise, inflation, recession
  icons: Margin, Curve, Invisible, Tariff, Surplus, Coin
  about: hyperinflation=worthless money, the price of eggs=food prices, minimum wages, tulip mania,
    tariffs=trade war, the gift economy, central bankers=interest rates, universal income=basic income, rent
    control=expensive rent, the shadow economy, tipping, congestion charges=traffic tolls
property
  says: houses and mortgages, buying and renting, landlords and tenants, the housing market
  asked: buying a house, real estate, mortgage, renting
  icons: Brick, Keys, Deposit, Attic, Lease, Gable
  about: first-time buyers=first home, the bidding war, flipping houses=renovate and sell, tiny homes, ghost
    apartments, landlord tales=being a landlord, co-ops=co-housing, a haunted listing, mortgage rates=home
    loans, survey surprises, moving day, the floating house=houseboats
retirement
  says: life after work, pensions, planning the later years, leaving the working world
  asked: retire early, pension, financial independence, how much to retire
  icons: Hammock, Nest, Sunset, Pension, Evening, Allotment
  about: retiring at forty=early retirement, the state pension=social security, downsizing=smaller house, a
    second act, the four percent rule=withdrawal rate, boredom, retirement villages=senior communities,
    part-time years, wills=inheritance, living abroad on a pension, grandparent duty, the last day at work
digital money
  says: cryptocurrency, the future of payments, coins without banks, finance and technology
  asked: bitcoin, crypto, fintech, mobile payments
  icons: Token, Block, Wallet, Hash, Satoshi, Chip
  about: lost wallets=forgotten bitcoin password, mobile money in Kenya=m-pesa, stablecoins, the end of
    cash=cashless, mining towns=bitcoin miners, exchange collapses=ftx, pay later apps=buy now pay later,
    digital euros=central bank coin, art tokens=nft, chargeback fraud, bank apps, the whitepaper
"""
