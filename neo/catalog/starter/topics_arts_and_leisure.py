"""Words of the topics food, home, travel, sport, music, screen and art; vocabulary.py tells the format."""

from __future__ import annotations

TEXT = """
== Food & Drink
baking
  says: bread and pastry, ovens and doughs, bakers and their craft, cakes for every day
  asked: bread recipes, sourdough, cakes, how to bake
  icons: Crumb, Flour, Whisk, Oven, Rye, Crust
  about: sourdough starters=bread starter, croissant layers=flaky pastry, rye bread, wedding cakes=cake
    decorating, failed macarons=macaroons, village ovens, gluten-free loaves=no gluten, Christmas stollen,
    pie crusts=apple pie, donuts, flatbreads, biscuit tins=cookies
home cooking
  says: simple suppers, recipes for weeknights, cooking at home, kitchens and the people in them
  asked: easy recipes, dinner ideas, cooking tips, learn to cook
  icons: Skillet, Ladle, Simmer, Spoon, Pantry, Onion
  about: one-pot dinners=easy dinner, knife skills, cooking for one, beans=cheap protein, leftovers, roast
    chicken=sunday roast, grandmother's soup, cast iron, batch cooking=meal prep, spice drawers, the perfect
    egg=how to cook eggs, rice
kitchens of the world
  says: regional cuisines, street food, dishes and where they come from, tables around the world
  asked: italian food, street food, mexican cooking, food culture
  icons: Wok, Tagine, Masala, Basil, Chili, Market
  about: Neapolitan pizza=pizza, Oaxacan mole=mexican sauce, ramen shops=japanese noodles, dumplings,
    Ethiopian injera, Georgian feasts, Sichuan pepper=spicy chinese, tapas bars=spanish food, Nigerian
    jollof, banh mi=vietnamese sandwich, curry houses=indian restaurants, Nordic foraging
wine and spirits
  says: vineyards and cellars, wine and whisky, drinks and the people who make them, bottles worth opening
  asked: wine tasting, cocktails, whiskey, beer brewing
  icons: Cork, Barrel, Vintage, Cask, Cellar, Hops
  about: natural wine, peated whisky=scotch, champagne widows, craft lager=craft beer, the martini=cocktail
    recipes, cider orchards, mezcal, blind tastings=sommelier, frost in the vineyard, sherry, homebrew=brew
    your own beer, alcohol-free bars=mocktails
coffee and tea
  says: roasters and cafes, beans and leaves, the daily cup, coffee from farm to counter
  asked: espresso, coffee beans, barista, green tea
  icons: Roast, Crema, Kettle, Steep, Bean, Saucer
  about: espresso machines=home espresso, Ethiopian highlands=coffee origin, latte art=barista skills,
    instant coffee, tea smuggling, matcha, decaf, coffeehouse debates=vienna cafes, cold brew, teapots,
    roasting at home, fair prices=fair trade
restaurants and chefs
  says: professional kitchens, chefs and their nights, dining rooms, the restaurant trade
  asked: chef podcast, fine dining, michelin star, restaurant stories
  icons: Pass, Table, Apron, Service, Mise, Menu
  about: a lost star=michelin, dishwashers, tasting menus=fine dining, food critics=restaurant reviews, a
    diner at dawn, kitchen tempers=angry chefs, hotel breakfasts, closing night, ghost kitchens=delivery
    only, the sommelier's nose, pop-up dinners, menu language

== Home & Garden
vegetable gardening
  says: growing food, allotments and raised beds, seeds and seasons, the kitchen garden
  asked: gardening, grow vegetables, tomatoes, compost
  icons: Spade, Trowel, Radish, Seedling, Compost, Marrow
  about: heirloom tomatoes=growing tomatoes, compost heaps=make compost, slug wars=slugs, no-dig beds=no
    dig, seed saving, giant pumpkins, balcony pots=balcony garden, garlic, greenhouses, crop rotation,
    winter salads, worms
flowers and houseplants
  says: flower borders, plants indoors, roses and their growers, leaves on the windowsill
  asked: indoor plants, roses, why is my plant dying, flower garden
  icons: Petal, Fern, Bloom, Pot, Tulip, Ivy
  about: peace lilies=droopy houseplant, rose breeding=growing roses, orchids at home=orchid care,
    wildflower meadows=wildflowers, bonsai, night gardens, succulents=cactus, tulip fields, cut
    flowers=bouquets, ferns, pruning, a garden in shade=shade plants
renovation
  says: old houses, building and repair, doing it yourself, rooms torn open
  asked: diy, home improvement, fix up house, renovating
  icons: Hammer, Plaster, Beam, Scaffold, Tile, Drill
  about: a ruined farmhouse=restoring old house, damp walls=mold, kitchen extensions=new kitchen, lime
    plaster, hidden fireplaces, tiling, bad builders=contractor nightmare, straw houses=eco building, attic
    rooms=loft conversion, sash windows, rewiring, heat pumps=heating
woodwork and craft
  says: woodworking, hand tools, making things slowly, crafts at the bench
  asked: woodworking, knitting, pottery, crafts
  icons: Chisel, Grain, Yarn, Kiln, Loom, Plane
  about: dovetail joints=wood joints, spoon carving=whittling, hand planes, knitting circles=knit, pottery
    wheels=ceramics, quilts=quilting, boat builders, sharpening, basket weaving, leather bags, chairs,
    natural dyes
decluttering
  says: tidying and owning less, order at home, minimal living, drawers and what to keep
  asked: tidy up, minimalism, organize home, cleaning
  icons: Drawer, Label, Hanger, Shelf, Basket, Dust
  about: wardrobes=closet clean out, sentimental boxes=keepsakes, paper piles, capsule kitchens,
    hoarding=hoarder, garage sales=sell old stuff, laundry systems, cleaning as calm=clean with me, toys,
    the one-in rule, moving lighter, digital photos
bees and small farms
  says: beekeeping, hens and smallholdings, life on a little land, honey and hedgerows
  asked: beekeeping, chickens, homesteading, farm life
  icons: Hive, Hen, Nectar, Fleece, Barn, Clover
  about: swarm season=bee swarm, backyard hens=keeping chickens, queen rearing, goats=milking goats,
    off-grid winters=off grid living, hedgerows, sheepdogs, honey fraud=fake honey, urban hives, cider
    presses, lambing nights=lambs, mites

== Travel
railways
  says: train journeys, tracks and stations, night trains, the romance of rail
  asked: trains, train travel, orient express, railway
  icons: Platform, Signal, Sleeper, Carriage, Whistle, Junction
  about: the Trans-Siberian=across russia by train, sleeper trains=night train, station clocks, narrow-gauge
    lines=steam railway, dining cars, the Orient Express=luxury train, model railways, ghost
    stations=abandoned stations, signal boxes, mountain railways=swiss trains, Indian railways, commuter
    hours
walking and hiking
  says: long walks, mountain trails, footpaths and those who follow them, hiking alone and together
  asked: hiking, camino, backpacking, mountains
  icons: Boot, Ridge, Cairn, Trail, Stile, Summit
  about: the Camino=santiago pilgrimage, through-hikers=appalachian trail, alpine huts=hut to hut, blisters,
    walking home, desert trails, coastal paths=coast walk, ultralight packs=light backpack, fog on the fell,
    walking with donkeys, wild camping=tent, old drovers' roads
islands and coasts
  says: islands, harbors and ferries, life surrounded by water, remote shores
  asked: island life, beach holiday, ferries, remote places
  icons: Ferry, Cove, Atoll, Jetty, Gull, Shingle
  about: the Faroe Islands=faroes, Greek ferries=island hopping, St Kilda=abandoned island, pearl divers,
    island teachers, Zanzibar, hermit islands=living alone on island, the Azores, surf villages=surfing,
    lighthouse stays, Polynesian navigators=navigating by stars, Svalbard
cities
  says: great cities, streets and neighborhoods, urban walks, places with a metro
  asked: city guide, paris, tokyo, new york stories
  icons: Avenue, Rooftop, Tram, Alley, Metro, Plaza
  about: Tokyo at night=japan city, Lisbon's hills=portugal, Berlin clubs, Naples underground=italy city,
    Istanbul ferries=turkey, Mexico City=mexico trip, flea markets=paris markets, Lagos traffic, New York
    delis, Venice without tourists=venice, Mumbai dabbas, Kyoto gardens
road trips
  says: long drives, highways and motels, vans and open roads, driving across countries
  asked: van life, driving across america, motorcycle trip, camper
  icons: Highway, Mile, Motel, Gravel, Dashboard, Detour
  about: Route 66=american road, van conversions=build a camper, the Pan-American Highway=alaska to
    argentina, roadside diners, the Outback=australia, motorcycles in Vietnam, breakdowns, desert gas
    stations, Iceland's ring road=iceland trip, caravan parks, border crossings, singing in cars
adventure and exploration
  says: expeditions, explorers, extreme journeys, people who went too far
  asked: explorers, survival stories, antarctica, everest
  icons: Sledge, Rope, Expedition, Polar, Jungle, Flag
  about: Shackleton's boat=endurance antarctica, Everest queues=climbing everest, rowing the Atlantic=rowing
    across ocean, lost in the Amazon=jungle survival, cave divers=thai cave, a year alone in the Arctic,
    balloon flights, desert crossings=sahara, river sources, maps with blanks, avalanche survivors=plane
    crash andes, the deepest dive

== Sport
football
  says: the beautiful game, clubs and their fans, goals and transfers, football at every level
  asked: soccer, premier league, world cup, football news
  icons: Pitch, Whistle, Terrace, Corner, Striker, Offside
  about: the transfer window=transfer news, penalty shootouts=penalties, relegation battles=going down,
    women's football=womens soccer, the 1970 Brazil team=pele, goalkeepers, non-league Saturdays, tactics
    boards=football tactics, derby days, referees=var, academy kids, Maradona in Naples=maradona
running
  says: runners and races, marathons and morning miles, training plans, the long slow run
  asked: marathon, couch to 5k, running tips, jogging
  icons: Stride, Mile, Lace, Lap, Tempo, Finish
  about: a first marathon=marathon training, ultrarunners=100 mile race, running injuries=knee pain,
    barefoot shoes=running shoes, parkrun mornings, Kenyan camps=iten runners, the four-minute
    mile=bannister, fell races, running with grief, relay teams, pacers, trail nights
cycling
  says: bike racing, riders and climbs, life on two wheels, pelotons and back roads
  asked: tour de france, bikes, cyclist podcast, gravel riding
  icons: Peloton, Spoke, Saddle, Chain, Climb, Breakaway
  about: the Tour de France=yellow jersey, doping years=armstrong, cargo bikes, cobbled classics=paris
    roubaix, bike commuting=cycle to work, hour records, bike messengers, world tours=cycling around the
    world, gravel races, descending, women's pelotons, bike thieves=stolen bike
climbing and mountains
  says: climbers and their walls, mountaineering, rock and ice, people above the clouds
  asked: rock climbing, bouldering, mountaineering, free solo
  icons: Crux, Carabiner, Chalk, Belay, Ledge, Serac
  about: free soloing=el capitan, bouldering gyms=indoor climbing, K2 in winter=k2, Sherpas, avalanche
    science, speed climbing, alpine rescue=mountain rescue, route names, ice climbs, fear of falling, the
    Eiger=north face, chalk ethics
ball and racket games
  says: tennis and cricket, rackets and bats, courts and summer games, matches that lasted for days
  asked: tennis, baseball, cricket, basketball
  icons: Racket, Wicket, Baseline, Pitcher, Deuce, Dugout
  about: Wimbledon finals=federer nadal, test cricket=five day cricket, baseball statistics=moneyball,
    streetball, table tennis, college hoops=march madness, the Negro Leagues, badminton,
    knuckleballs=pitchers, coaches' daughters, rugby sevens=rugby, squash
combat and motors
  says: boxing and racing, fighters and drivers, speed and risk, rings and circuits
  asked: formula 1, boxing, ufc, motorsport
  icons: Apex, Ringside, Jab, Pitlane, Throttle, Corner
  about: Ali in Zaire=muhammad ali, Monaco qualifying=f1 monaco, judo mats, rally navigators=rally driving,
    amateur boxers=boxing gym, Le Mans nights=24 hour race, sumo stables=sumo, pit stops, women in the
    ring=female fighters, Senna=ayrton, fencing, motorcycle racing=motogp

== Music
jazz and blues
  says: jazz and its players, blues, clubs and late sessions, improvisers
  asked: jazz, miles davis, blues guitar, saxophone
  icons: Swing, Brass, Riff, Bebop, Blue, Horn
  about: Kind of Blue=miles davis, Delta blues=robert johnson, Nina Simone, bebop nights=charlie parker,
    Ethiopian jazz, big bands=duke ellington, piano trios=bill evans, women on horns, Django's guitar=gypsy
    jazz, jazz in Japan, Coltrane's quartet=love supreme, second lines=new orleans
classical music
  says: composers and orchestras, symphonies and quartets, the concert hall, music on paper
  asked: mozart, classical, opera, piano music
  icons: Sonata, Baton, Overture, Cello, Fugue, Aria
  about: Bach's suites=cello suites, Beethoven's deafness=beethoven, opera feuds=opera, Clara Schumann,
    string quartets, the missing Mozart=mozart requiem, conductors=orchestra conductor, Satie's furniture
    music, choirs, the Rite of Spring=stravinsky riot, film scores=movie music, harpsichords
hip hop and soul
  says: rap and rhythm, soul and funk, beats and verses, producers and emcees
  asked: rap, hip hop history, motown, beat making
  icons: Cypher, Sample, Groove, Verse, Boombox, Funk
  about: the Bronx parties=birth of hip hop, Motown's basement=motown, sampling wars=samples, J Dilla's
    beats=dilla, Stax in Memphis, southern rap=outkast, freestyle battles=rap battle, grime stations,
    Aretha's gospel=aretha franklin, ghostwriters, women in rap, disco's last summer=disco
rock and indie
  says: bands and guitars, records and tours, rock in all its noise, small labels
  asked: rock bands, beatles, punk, indie music
  icons: Amp, Fuzz, Vinyl, Feedback, Chord, Garage
  about: the Beatles in Hamburg=beatles, punk in Belfast=punk rock, Bowie in Berlin=david bowie, one-hit
    wonders=one hit wonder, grunge=nirvana, album covers, riot grrrl, drummers, the Smiths'
    Manchester=morrissey, prog epics=pink floyd, tour vans, lost demos
electronic music
  says: synths and club nights, techno and ambient, producers and machines, dance floors
  asked: techno, dj, synthesizer, ambient music
  icons: Synth, Kick, Modular, Strobe, Loop, Drone
  about: Detroit techno=techno origins, modular synths=synthesizer, rave summers=acid house, ambient
    rooms=brian eno, the 808, Berlin basements=berghain, Kraftwerk, jungle and drum loops=drum and bass, DJ
    booths=learn to dj, tape experiments, video game sound, sleepless festivals=burning man
folk and songwriting
  says: songs and the people who write them, folk traditions, voices and acoustic guitars, country and roots
  asked: songwriting, country music, bob dylan, folk songs
  icons: Ballad, Banjo, Fiddle, Refrain, Strum, Porch
  about: murder ballads, Joni's tunings=joni mitchell, Nashville rounds=country songwriters, sea
    shanties=sailor songs, Dylan goes electric=bob dylan, fado houses=portuguese singing, protest
    songs=woody guthrie, fiddle camps, the Carter Family, writing a chorus=write a song, busking, lullabies

== Film & TV
directors and classics
  says: great films, directors and their obsessions, cinema history, the golden age of movies
  asked: movie podcast, hitchcock, best films, old movies
  icons: Reel, Montage, Clapper, Frame, Premiere, Projector
  about: Hitchcock's blondes=hitchcock, Kurosawa's weather=samurai films, Agnes Varda=french new wave, lost
    silent films=silent movies, Casablanca, Kubrick's corridors=the shining kubrick, studio bosses,
    Bollywood dreams=bollywood, long takes, Tarkovsky, the western=cowboys, box office bombs=flops
horror films
  says: scary movies, monsters and slashers, cinema that frightens, haunted screens
  asked: horror movies, scary films, slasher, monster movies
  icons: Scream, Fang, Crypt, Cabin, Fright, Specter
  about: the final girl=slasher heroine, Japanese ghosts=ringu, zombie politics=zombies, practical
    gore=special effects makeup, The Exorcist=possession, body horror=cronenberg, folk horror=midsommar
    wicker man, vampires on screen=dracula movies, found footage=blair witch, jump scares, haunted houses,
    Nosferatu
screenwriting
  says: writing for the screen, scripts and rewrites, story structure, how films are written
  asked: screenplay, how to write a movie, script writing, storytelling
  icons: Draft, Scene, Dialogue, Slugline, Rewrite, Act
  about: the third act=how to end a story, writers' rooms=tv writers, bad dialogue=dialogue tips,
    adaptation=book to film, the cold open, villains=writing villains, script doctors, rejected
    pilots=failed tv pilots, the meet-cute, outlining, writing with a partner, endings
television
  says: series worth watching, sitcoms and dramas, television and its makers, shows we talk about
  asked: tv shows, sitcom rewatch, what to watch, netflix
  icons: Remote, Binge, Pilot, Finale, Channel, Rerun
  about: the sitcom finale=seinfeld friends, prestige drama=sopranos, soap operas=telenovelas, reality
    contests=reality tv, Nordic noir=scandinavian crime series, late-night hosts=talk show, game shows,
    cancelled too soon=cancelled shows, British panel shows, casting, laugh tracks, period costumes=downton
animation
  says: cartoons and drawn worlds, animators, anime and stop motion, films made frame by frame
  asked: anime, disney, cartoons, pixar
  icons: Ink, Frame, Doodle, Sketch, Cel, Claymation
  about: Studio Ghibli=miyazaki, stop-motion clay=wallace and gromit, Saturday cartoons=90s cartoons, Disney
    strikes, Pixar's early years=toy story, Czech puppets, anime openings=anime music, background painters,
    voice actors=voice acting, Betty Boop, mecha=giant robots, rotoscoping
documentary
  says: true stories on film, documentarians, real lives with a camera nearby, nonfiction cinema
  asked: documentaries, best documentary, real life films, true story movies
  icons: Lens, Archive, Verite, Footage, Witness, Tripod
  about: nature filmmakers=attenborough, the fly on the wall, archive hunters, mountain films=free solo
    film, cult exposes=cult documentary, music documentaries=concert film, ethics on set, courtroom cameras,
    war footage, Werner Herzog=herzog, seven-up children=up series, tape decay

== Art & Design
architecture
  says: buildings and those who draw them, the design of cities, houses and towers, spaces and how they feel
  asked: buildings, architects, house design, brutalism
  icons: Vault, Facade, Cantilever, Blueprint, Arch, Brick
  about: brutalist towers=concrete buildings, Gaudi's basilica=sagrada familia, glass houses=modernist
    house, unbuilt cities, libraries, hostile benches=public space design, wooden skyscrapers, Japanese
    joinery=japanese houses, train halls, Zaha Hadid, elevators and class, the perfect window
painting and sculpture
  says: painters and their works, museums, art and its stories, canvases and clay
  asked: art history, van gogh, museum, famous paintings
  icons: Canvas, Pigment, Easel, Plaster, Gallery, Ochre
  about: Van Gogh's letters=van gogh, Vermeer's light=girl with pearl earring, stolen Rembrandts=art theft,
    Frida Kahlo=mexican painter, ultramarine=blue paint, cave painters=prehistoric art, museum guards,
    Louise Bourgeois, forged signatures, the Mona Lisa=leonardo, outsider art, restoring frescoes=bad art
    restoration
photography
  says: photographs and photographers, light and film, seeing through a lens, pictures that lasted
  asked: photographer, camera tips, street photos, film cameras
  icons: Shutter, Aperture, Negative, Flash, Darkroom, Grain
  about: street photographers=vivian maier, war pictures=robert capa, darkrooms=film developing, portraits,
    the first selfie, wildlife hides=wildlife photos, Polaroid days=instant camera, fashion shoots, Diane
    Arbus, night skies=astrophotography, wedding days=wedding photographer, found albums
fashion
  says: clothes and who makes them, style and its history, runways and thrift stores, dress and meaning
  asked: style advice, fashion history, sewing clothes, sustainable fashion
  icons: Hem, Thread, Velvet, Zipper, Runway, Seam
  about: blue jeans=denim, fast fashion=cheap clothes problem, Chanel's secrets=coco chanel,
    thrifting=vintage clothes, sewing at home=learn sewing, sneakers=sneakerheads, tailors, wedding dresses,
    uniforms, McQueen's shows=alexander mcqueen, pockets, hair
design and type
  says: graphic design, typefaces, everyday objects, the design of ordinary things
  asked: graphic design, fonts, product design, ux
  icons: Serif, Grid, Kerning, Margin, Poster, Glyph
  about: Helvetica=fonts, subway maps=london tube map, chairs=famous chairs, road signs=traffic sign design,
    the Bauhaus=bauhaus school, packaging, bad doors=bad design, emoji, flags=flag design, pictograms, toys
    by design=lego, book covers
comics and illustration
  says: graphic novels, cartoonists and inkers, drawn stories, picture books
  asked: comic books, manga, superheroes, graphic novels
  icons: Panel, Ink, Caption, Nib, Speech, Splash
  about: Maus=holocaust comic, manga deadlines=manga, Marvel's bullpen=marvel stan lee, Moomins=tove
    jansson, underground comix, newspaper strips=calvin and hobbes, webcomics, Tintin's travels=tintin,
    lettering, picture-book makers=childrens illustrators, Batman's villains=batman, diary comics
"""
