"""Words of the topics science, technology, nature, health, mind and family; the format is vocabulary.py's."""

from __future__ import annotations

TEXT = """
== Science
physics
  says: matter and energy, quantum theory, the laws behind everything, particles and forces
  asked: quantum physics, einstein, particles explained, how the universe works
  icons: Quark, Photon, Gravity, Spin, Muon, Entropy
  about: entanglement=spooky action, the double slit=wave particle, neutrino hunters=ghost particles,
    absolute zero, the arrow of time=why time goes forward, superconductors, the Higgs boson=cern discovery,
    perpetual motion, soap films, fusion reactors=clean fusion energy, glass, Feynman's lectures
astronomy
  says: stars and galaxies, the night sky, telescopes and what they see, the solar system and beyond
  asked: space podcast, planets, black holes, stargazing
  icons: Comet, Orbit, Nebula, Eclipse, Perigee, Saturn
  about: black holes=event horizon, exoplanets=planets around other stars, the moon landings=apollo, dark
    matter, comet chasers, Mars rovers=life on mars, radio telescopes, the Webb images=space telescope,
    meteor showers=shooting stars, Pluto's demotion, space junk=satellite debris, signals from
    nowhere=aliens seti
genetics and life
  says: genes and evolution, the machinery of cells, how life works, DNA and heredity
  asked: dna, evolution, biology, crispr
  icons: Helix, Cell, Gene, Mutant, Finch, Spiral
  about: gene editing=crispr babies, Darwin's finches=natural selection, ancient DNA=neanderthals, twin
    studies, the origin of life=first cells, sleeping bacteria, mitochondria, cloned sheep=cloning, immune
    cells, slime molds, extinct animals returning=mammoth revival, ancestry tests=dna kits
mathematics
  says: numbers and proofs, the beauty of mathematics, puzzles that took centuries, chance and infinity
  asked: math, numbers explained, statistics, probability
  icons: Prime, Zero, Infinity, Theorem, Fraction, Pi
  about: prime numbers, the four color map=map coloring, infinity's sizes=bigger infinities, the birthday
    paradox, Fermat's margin note=last theorem, knots, voting paradoxes, chaos=butterfly effect, the history
    of zero, Ramanujan's notebooks=indian genius, lottery math=odds of winning, impossible shapes
earth and stone
  says: geology, volcanoes and earthquakes, rocks and deep time, the making of landscapes
  asked: volcano, earthquakes, fossils, rocks and minerals
  icons: Magma, Fault, Strata, Basalt, Pebble, Quartz
  about: supervolcanoes=yellowstone, the big one=san andreas, dinosaur beds=dinosaur fossils, cave
    explorers=caving, the lost continent=zealandia, tsunami stones, ice cores, diamond pipes, desert glass,
    amber=insects in amber, vanished seas, the Iceland rift=icelandic eruption
chemistry and materials
  says: elements and molecules, the science of stuff, reactions and inventions, what the world is made of
  asked: chemistry, periodic table, materials science, science experiments
  icons: Beaker, Carbon, Catalyst, Mercury, Ember, Alloy
  about: the periodic table=elements, poison gardens=poisonous plants, the story of nylon=plastic invention,
    gunpowder, graphene, rust, perfume molecules=how smell works, fertilizer from air=haber process,
    fireworks=why fireworks have color, glue, penicillin mold=antibiotics discovery, batteries=better
    batteries

== Technology
artificial intelligence
  says: machine learning, intelligent machines, neural networks and what they change, thinking computers
  asked: ai, chatgpt, machine learning, will robots take jobs
  icons: Neuron, Prompt, Turing, Vector, Loop, Oracle
  about: chatbots=talking to ai, the Turing test, self-driving cars=autonomous vehicles, protein
    folding=alphafold, AI art=image generators, the alignment problem=ai safety, Go champions=alphago,
    translation machines, training data lawsuits=ai copyright, robot doctors=ai medicine, forecasting,
    language models on a phone
programming
  says: writing software, code and the people who write it, developers' craft, languages and compilers
  asked: coding, learn to code, software engineering, developer podcast
  icons: Semicolon, Compile, Stack, Branch, Kernel, Merge
  about: legacy code=old software, the Python story=python language, code review, functional
    programming=haskell, open-source burnout=maintainers, debugging at night=fixing bugs, databases, the
    Linux kernel=linus torvalds, tabs and spaces, test-driven habits=unit testing, the web before
    frameworks, technical interviews=leetcode
security and hacking
  says: cybersecurity, breaches and break-ins, the people who attack and defend networks, digital crime
  asked: hackers, cyber attack, online safety, data breach
  icons: Firewall, Exploit, Cipher, Worm, Backdoor, Payload
  about: ransomware gangs=hospital ransomware, the password problem=password manager, social
    engineering=phishing, Stuxnet=cyberweapon, bug bounties=ethical hackers, dark markets=dark web, SIM
    swaps, the Morris worm=first computer virus, encrypted phones, voting machines, lock picking, a stolen
    database=leaked data
gadgets
  says: devices and reviews, phones and wearables, consumer electronics, the things in our pockets
  asked: tech reviews, best phone, new gadgets, smart home
  icons: Charger, Widget, Pixel, Button, Dongle, Bluetooth
  about: folding phones=foldable phone, smart speakers=alexa home, e-readers, mechanical keyboards=custom
    keyboards, noise-canceling headphones=best headphones, digital detox phones=dumb phone,
    wearables=fitness tracker, repair kits, home robots=vacuum robot, virtual reality headsets=vr, charging
    standards, retro consoles
history of computing
  says: early computers, pioneers and mainframes, how the digital age began, old machines and their
    inventors
  asked: old computers, computer history, internet history, silicon valley story
  icons: Punchcard, Modem, Vacuum, Floppy, Mainframe, Cursor
  about: Ada Lovelace=first programmer, the ENIAC women, the first email=how email started, bulletin
    boards=bbs dial up, the home computer boom=commodore 64, Xerox PARC=mouse invention, floppy disks, the
    browser wars=netscape, mainframes, the year 2000 bug=y2k, Soviet computers, hypertext dreams
robots and engineering
  says: robotics, bridges and machines, engineers at work, how big things get built
  asked: engineering, robots, bridges and tunnels, how machines work
  icons: Servo, Gear, Girder, Piston, Lever, Bolt
  about: collapsed bridges=bridge disaster, walking robots=humanoid robots, tunnel borers=digging tunnels,
    dams, elevators, surgical robots=robot surgery, rocket engines=spacex, prosthetic hands=bionic limbs,
    skyscraper sway, wind turbines=wind farms, concrete ships, high-speed rail=bullet train

== Nature
birds
  says: birds and birdsong, life on the wing, nests and migrations, watching birds
  asked: birdwatching, bird songs, owls, ornithology
  icons: Wren, Feather, Nest, Heron, Plume, Swift
  about: the dawn chorus=birds singing morning, crows with tools=clever crows, albatross journeys=seabirds,
    urban falcons=peregrine, cuckoo tricks, owl pellets, hummingbird hearts=hummingbirds, the last
    ivory-bill=extinct woodpecker, swifts asleep in flight, garden feeders=feeding birds, penguin colonies,
    goose migration=why birds migrate
wild animals
  says: wildlife, mammals and predators, animals and their habits, creatures of the wild
  asked: animal facts, wolves, elephants, wildlife documentary
  icons: Wolf, Burrow, Antler, Otter, Paw, Fox
  about: wolves returning=yellowstone wolves, elephant memory=elephants mourn, fox suburbs=urban foxes,
    sleepy sloths, bats, beaver dams=beavers, snow leopards=big cats himalaya, naked mole rats, bear
    encounters=grizzly attack, hedgehog highways, gorilla families=jane goodall apes, animal play
insects and small things
  says: insects and spiders, ants and their cities, the smallest lives, bugs of every sort
  asked: bugs, ants, spiders, butterflies
  icons: Beetle, Antenna, Web, Moth, Cricket, Hive
  about: leafcutter ants=ant farmers, monarch butterflies=butterfly migration, spider silk, firefly
    nights=glowing bugs, dung beetles, periodical cicadas=cicada brood, wasps, water bears=tardigrades,
    locust swarms=locusts, caddis builders, moth trapping, the dragonfly hunt
oceans
  says: marine life, reefs and deep water, whales and currents, the sea and what lives in it
  asked: deep sea creatures, whales, sharks, coral reef
  icons: Reef, Kelp, Trench, Whale, Current, Plankton
  about: whale songs=humpback singing, octopus minds=smart octopus, the midnight zone=anglerfish, coral
    nurseries=bleached reefs, sharks that glow, kelp forests=seaweed, hydrothermal vents, sea turtles=turtle
    nesting, jellyfish blooms, the plastic gyre=ocean garbage, eels' long journey=eel mystery, tide pools
forests and plants
  says: trees and woodland, botany, how plants live and speak, moss and old growth
  asked: trees, plants talk, mushrooms, forest sounds
  icons: Root, Moss, Canopy, Acorn, Fern, Bark
  about: fungal networks=wood wide web, the oldest trees=bristlecone pine, seed vaults=svalbard, carnivorous
    plants=venus flytrap, orchid thieves, autumn color=why leaves change, mushroom hunters=foraging fungi,
    bog plants, rainforest towers=amazon canopy, lichens, charcoal burners, giant sequoias=redwoods
climate
  says: a warming planet, weather and carbon, energy and the atmosphere, people facing climate change
  asked: global warming, climate change, weather, green energy
  icons: Degree, Cloud, Drought, Thaw, Carbon, Storm
  about: melting glaciers=ice loss, heat waves=extreme heat, wildfire seasons=forest fires, solar
    deserts=solar power, hurricane hunters=storm chasers, carbon capture, permafrost, rewilding=bring nature
    back, climate lawsuits, coastal retreat, cow burps=methane, cloud seeding=making rain

== Health
food and nutrition
  says: eating well, diets and evidence, the science of what we eat, vitamins and meals
  asked: healthy eating, diet podcast, lose weight, gut health
  icons: Plate, Vitamin, Fiber, Spoon, Protein, Nourish
  about: gut bacteria=microbiome, fasting=intermittent fasting, sugar, ultra-processed food=junk food,
    protein myths=how much protein, Mediterranean diets=olive oil diet, salt, school lunches, going
    vegan=plant based, food labels, caffeine, vitamin D
sleep
  says: rest and insomnia, the science of sleep, nights and dreams, sleeping better
  asked: cannot sleep, insomnia help, dreams meaning, tired all the time
  icons: Pillow, Lullaby, Moonlit, Drowsy, Blanket, Night
  about: insomnia=awake at night, lucid dreams=control your dreams, snoring=sleep apnea, jet lag, shift
    workers, napping=power nap, teenage sleep, blue light=screens before bed, sleepwalking, the two-sleep
    night=segmented sleep, white noise, nightmares=bad dreams
fitness
  says: training and strength, moving the body, exercise and its science, getting fit
  asked: workout, gym, weight training, get in shape
  icons: Rep, Barbell, Sweat, Pulse, Kettlebell, Stride
  about: strength after fifty=lifting when older, morning mobility=stretching, interval training=hiit, rest
    days, walking more=10000 steps, yoga breath=yoga, back pain=bad back, gym fear=gym anxiety, swimming
    laps, heart-rate zones=zone 2 cardio, push-ups, injuries
medicine
  says: doctors and patients, hospitals and treatments, how medicine learned to heal, illness and cure
  asked: doctor podcast, medical stories, surgery, diseases
  icons: Scalpel, Ward, Pulse, Dose, Stitch, Remedy
  about: emergency rooms=er doctor, the first transplant=heart transplant, vaccines=how vaccines work, rare
    diseases=undiagnosed illness, placebo effects, leeches, anesthesia=going under, night nurses, the opioid
    story=oxycontin, phantom limbs, country doctors=rural doctor, cancer trials=new cancer treatment
aging well
  says: growing older, long lives and how they are lived, healthy later years, memory and age
  asked: longevity, live longer, dementia, menopause
  icons: Century, Silver, Candle, Ring, Harvest, Marrow
  about: blue zones=people who live to 100, memory loss=alzheimers, menopause=hot flashes, hearing aids,
    centenarians, balance, dementia villages=dementia care, loneliness=lonely seniors, new knees=joint
    replacement, anti-aging pills=reverse aging, driving licenses, late love
addiction and recovery
  says: giving up and starting over, sobriety, dependence and recovery, people who got clean
  asked: quit drinking, sober, addiction help, recovery stories
  icons: Sober, Step, Anchor, Relapse, Dawn, Chip
  about: the first dry month=dry january, gambling=betting addiction, rehab roommates=rehab, quitting
    smoking=stop smoking, phone addiction, relapse, sponsors=twelve steps, sober weddings, shopping, opioids
    in small towns=fentanyl, family members, sugar cravings

== Mind
psychology
  says: why people do what they do, the human mind, behavior and bias, experiments on people
  asked: human behavior, psychology facts, personality types, why we think
  icons: Mirror, Impulse, Couch, Inkblot, Memory, Ego
  about: false memories=remembering wrong, the marshmallow test=delayed gratification, conformity,
    personality tests=mbti introvert, the bystander effect=why nobody helped, first impressions,
    procrastination=stop putting things off, narcissists=toxic people, the replication crisis, jealousy,
    crowds, decision fatigue=too many choices
meditation
  says: mindfulness, breath and stillness, guided practice, a quieter mind
  asked: guided meditation, relax, breathing exercise, mindfulness
  icons: Breath, Stillness, Bell, Lotus, Pause, Quiet
  about: body scans=relax the body, loving-kindness=kindness meditation, walking meditation, breath
    counting=breathing to calm, a silent retreat=vipassana, rain sounds, morning stillness=morning routine,
    letting go, zen gardens=zen, anxious minutes=panic calm down, sitting with pain, mantras
anxiety and mood
  says: mental health, worry and low days, living with depression, feelings that are hard to carry
  asked: depression, anxiety help, mental health, stress
  icons: Weather, Tremor, Umbrella, Spiral, Lifeline, Storm
  about: panic attacks=panic, burnout=exhausted by work, social anxiety=shy, winter blues=seasonal
    depression, therapy, intrusive thoughts=ocd, antidepressants, perfectionism, health
    worries=hypochondria, new-parent blues=postpartum, anger, asking for help
relationships
  says: love and its difficulties, couples, dating and breaking up, how people stay together
  asked: dating advice, marriage, breakup, couples therapy
  icons: Heart, Spark, Knot, Sofa, Letter, Duet
  about: first dates=dating tips, long distance=long distance love, divorce with children=separation,
    attachment styles=anxious attachment, infidelity=cheating, dating apps=tinder, arguing well=stop
    fighting, open marriages, in-laws, living alone=single life, wedding nerves, old friendships
grief and change
  says: loss and mourning, endings and beginnings, life after goodbye, hard turning points
  asked: losing someone, death and dying, coping with loss, life changes
  icons: Ash, Harbor, Willow, Letter, Echo, Thaw
  about: losing a parent=mother died, the empty room=loss of a child, hospice nurses=dying, pet loss=my dog
    died, funerals, widowhood=lost my husband, miscarriage, letters to the dead, unspoken goodbyes, rituals,
    starting over=new life at 40, ashes
habits and focus
  says: productivity, habits and attention, getting things done, using time well
  asked: productivity, build habits, focus better, stop procrastinating
  icons: Checklist, Streak, Timer, Focus, Margin, Tomato
  about: morning pages=journaling, tiny habits=small habits, deep work=concentration, inbox zero=too much
    email, the two-minute rule, digital minimalism=less screen time, time blocking, ADHD tools=adhd,
    sabbaths, to-do lists, willpower, evening reviews

== Family
babies and toddlers
  says: the first years, new parents, infants and what they need, toddlers and their storms
  asked: newborn, new parent, baby sleep, toddler tantrums
  icons: Cradle, Rattle, Nap, Stroller, Bib, Wobble
  about: sleep training=baby will not sleep, breastfeeding=nursing, first words=baby talk, tantrums=toddler
    meltdown, birth stories=giving birth, twins, picky eaters=toddler will not eat, returning to work, potty
    training, colic=crying baby, new fathers=becoming a dad, strollers
raising teenagers
  says: adolescence, parents of teenagers, the years before adulthood, growing up and away
  asked: teens, parenting teenagers, screen time kids, high school
  icons: Curfew, Locker, Eyeroll, Hoodie, Driveway, Prom
  about: slammed doors=moody teen, first phones=kids and phones, exam stress=school pressure, body
    image=eating disorder, gaming all night, first love, learner drivers, group chats=cyberbullying, gap
    years, summer jobs, coming out=lgbt teen, leaving home=empty nest
school and learning
  says: teachers and classrooms, education, how children learn, schools that try something new
  asked: teaching, education podcast, homeschool, dyslexia
  icons: Chalk, Satchel, Recess, Blackboard, Pencil, Homework
  about: learning to read=phonics, homeschooling=teach at home, dyslexia=reading difficulty, forest
    schools=outdoor school, homework wars, bilingual children=raising bilingual, bullying=bullied at school,
    math fear, school plays, standardized tests=exams, a teacher's first year=new teacher, the last village
    school
stories for children
  says: bedtime tales, stories for young listeners, adventures for the whole family, gentle stories for
    small people
  asked: kids stories, bedtime story, children podcast, stories for 5 year olds
  icons: Dragonfly, Pajama, Teddy, Moonbeam, Pocket, Puddle
  about: a dragon afraid of fire, the sleepy lighthouse, a bear who opened a bakery, the lost mitten, the
    moon's birthday, a robot in kindergarten, the smallest pirate=pirate story, a mouse detective=animal
    detective, the snow train, the cloud shepherd, a princess who fixed things=brave princess, the
    upside-down house
family history
  says: genealogy, ancestors and their secrets, family trees, names and where they come from
  asked: ancestry, genealogy, find my ancestors, family secrets
  icons: Attic, Album, Locket, Surname, Branch, Register
  about: parish registers, a secret half-sister=unknown sibling, adoption files=adopted, emigrant letters,
    ancestry DNA=dna test surprise, old photographs=old photos, family recipes, war medals, orphan trains,
    surnames=last name meaning, a forgotten uncle, gravestones
pets
  says: dogs and cats, life with animals, training and care, companions with four legs
  asked: dog training, cats, puppy, veterinarian
  icons: Leash, Whisker, Biscuit, Kennel, Tail, Paw
  about: puppy school=train a puppy, rescue dogs=adopt a dog, cat logic=why cats do that, old dogs, parrots
    at home=pet bird, anxious dogs=dog separation anxiety, vets' strangest days=vet stories, guide dogs,
    aquariums=fish tank, rabbits, horses, reptiles
"""
