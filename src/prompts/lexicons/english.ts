import { orders, phrases, words, type Lexicon } from './lexicon';

/** Inflections of an English verb, as regular as spelling lets them be. */
function inflected(verbs: string): string[] {
  return verbs
    .split(/\s+/)
    .filter(Boolean)
    .flatMap((verb) => {
      const stem = verb.endsWith('e') ? verb.slice(0, -1) : verb;
      const third = /(s|x|z|ch|sh|o)$/.test(verb) ? `${verb}es` : /[^aeiou]y$/.test(verb) ? `${verb.slice(0, -1)}ies` : `${verb}s`;
      const past = /[^aeiou]y$/.test(verb) ? `${verb.slice(0, -1)}ied` : `${stem}ed`;
      const ing = /ie$/.test(verb) ? `${verb.slice(0, -2)}ying` : /(ee|oe|ye)$/.test(verb) ? `${verb}ing` : `${stem}ing`;
      return [verb, third, past, ing];
    });
}

const motions = `move bounce float drift glide slide orbit rotate zigzag rise appear disappear vanish explode expand contract
  wander march crawl creep gallop trot chase follow approach enter leave emerge arrive depart travel circle hover descend ascend
  tumble collapse crash shatter melt dissolve bloom blossom flicker glow shimmer sparkle shine pulse vibrate tremble sway swirl
  twirl whirl wave nod bow kneel lean stretch unfold open close turn pour drip splash ripple flow cascade gather scatter burn
  erupt transform morph change become grow look gaze stare smile laugh cry talk speak sing play cook paint carry hold lift push
  pull throw catch kick hit touch hug kiss ride climb land sail row walk jump wink blink breathe sleep rest wait watch read
  write type drink eat pick place pass cross reach drop shake stir cover reveal surround fill form evolve spread race sprint
  wag flap soar hop skip leap fade collide juggle dive perch knit stroll pan tilt zoom howl bark cheer fight erupt`;

const irregular = words(
  'spin spins spinning spun run runs running ran fly flies flying flew flown fall falls falling fell swim swims swimming swam',
  'swing swings swinging swung sink sinks sinking sank sit sits sitting sat stand stands standing stood lie lies lying lay',
  'grow grows growing grew shrink shrinks shrinking shrank rise rises rising rose set sets setting drive drives driving drove',
  'ride rides riding rode come comes coming came go goes going went break breaks breaking broke blow blows blowing blew',
  'stop stops stopping stopped drop drops dropping dropped flap flaps flapping flapped hop hops hopping hopped skip skips',
  'skipping wag wags wagging nod nods nodding get gets getting begin begins beginning start starts starting eat eats eating ate',
  'drink drinks drinking drank hold holds holding held throw throws throwing threw catch catches catching caught wear wears',
  'wearing wore sing sings singing sang dig digs digging hang hangs hanging hung burst bursts bursting split splits splitting',
  'lift lifts lifting turns turning jumps jumping walks walking dances dancing dance leaps leaping dive dives diving zooms',
  'speed speeds speeding shine shines shining shone make makes making made take takes taking took put puts putting build builds',
  'building zip zips zipping chop chops chopping slip slips slipping roll rolls rolling rolled rocks rocking curl curls curling',
  'dripping drips swirling shakes shaking see sees feed feeds feeding pet pets petting sip sips sipping bake bakes baking',
);

export const english: Lexicon = {
  language: 'en',
  determiners: words('a an the this that these those its his her their my your our each every some another both all no any'),
  pronouns: words('it they them he she him itself themselves himself herself one'),
  auxiliaries: words('is are was were be been being has have had will can could would do does did'),
  fillers: words(
    'and or but of to that which who whose by for as than so very quite also only just not with too more most at its both against',
  ),
  adjectives: words(
    'red orange yellow green blue purple pink white black gray grey brown golden gold silver violet turquoise crimson scarlet teal',
    'beige magenta cyan ivory indigo maroon colorful colourful bright dark pale vivid big large huge giant enormous small tiny little',
    'tall short long wide narrow thin thick fat slim round square-shaped flat deep shallow high low heavy light soft hard smooth rough',
    'wooden metallic metal plastic stone concrete golden rusty shiny glossy matte transparent translucent crystal furry fluffy hairy',
    'woolen old young new ancient modern vintage retro futuristic medieval victorian abandoned empty full crowded busy quiet calm',
    'peaceful stormy rainy sunny cloudy foggy misty snowy windy icy frozen wet dry dusty dirty clean hot cold warm cool fast slow',
    'quick happy sad angry scared curious sleepy tired excited lonely playful elegant beautiful pretty ugly cute adorable majestic',
    'mysterious magical enchanted tropical rocky sandy grassy muddy leafy lush barren steep curved straight broken cracked open',
    'closed hidden distant near nearby far loud silent wild tame domestic striped spotted dotted checkered patterned plain simple',
    'neon electric digital robotic mechanical steaming delicious fresh ripe rotten sweet royal rural urban industrial underwater',
    'gentle strong weak powerful brave lazy floral starry moonlit sunlit candlelit single double lone several many few bearded',
    'bald blonde blond elderly middle-aged masked winged armored armoured hooded tiny-eyed snow-capped long-haired',
  ),
  nouns: words(
    'ball balls circle circles square squares triangle triangles star stars heart hearts ring rings cube cubes sphere dot disc',
    'man men woman women boy boys girl girls child children person people baby dancer chef knight wizard astronaut robot robots',
    'soldier pirate king queen princess farmer painter musician pianist violinist skateboarder surfer cyclist runner couple crowd',
    'cat cats kitten dog dogs puppy horse horses zebra lion tiger elephant bear wolf fox rabbit deer bird birds eagle owl swan duck',
    'penguin fish shark whale dolphin turtle butterfly butterflies bee spider dragon dinosaur unicorn monkey cow sheep pig mouse',
    'car cars truck bus train trains bicycle bike motorcycle boat boats ship ships airplane plane rocket spaceship balloon balloons',
    'drone taxi tram tree trees forest flower flowers rose roses grass leaf leaves bush garden field fields meadow park mountain',
    'mountains hill hills valley river lake ocean sea beach shore island waterfall desert cave cliff volcano sky cloud clouds sun',
    'moon planet earth galaxy space snow rain fog mist storm lightning fire flame flames smoke water wave waves house houses home',
    'building buildings tower castle church bridge street road city town village room kitchen window door table chair bed lamp',
    'candle book cup glass bottle coffee tea bread cake apple banana lemon background wall floor roof stairs mirror clock umbrella',
    'hat dress coat face eyes eye hair hand hands wings tail feather feathers stone rock rocks sand dust bubble bubbles paper flag',
    'guitar piano violin drum camera screen phone computer machine box basket market station harbor harbour lighthouse windmill',
    'campfire fireworks sunlight moonlight shadow shadows reflection puddle steam ink paint kite swing fountain statue pond cherry',
  ),
  verbs: new Set([...inflected(motions), ...irregular]),
  eitherVerbOrNoun: words(
    'walk run jump dance fall swim dive flow wave waves swing turn sail drop splash race play paint ride climb row kiss hug drink',
    'cook look watch book light lights rest land hold rocks ripple spread ring rings circle circles square form dot bow fire rose',
    'park place cover pass cross stand start stop set roll glow drift rise fly flies drum drums bloom flash change march cup',
    'open close light speed drive building point play rock train trains leaves fish duck ducks clock lean back',
  ),
  adverbs: words('slowly quickly fast gently softly suddenly gracefully together apart away again forever everywhere quietly alone'),
  numbers: words('one two three four five six seven eight nine ten dozen dozens hundreds thousands'),
  directions: phrases(
    'to the left, to the right, to the top, to the bottom, left, right, up, down, up and down, left and right, back and forth',
    'from left to right, from right to left, upwards, downwards, upward, downward, forward, forwards, backward, backwards, sideways',
    'in place, in circles, in a circle, around, away, back, side to side, from side to side, clockwise, counterclockwise, bigger, smaller',
    'upside down, off, out, over and over, in and out, apart, together, closer, side by side',
  ),
  relations: phrases(
    'on, on top of, in, inside, into, in front of, behind, beside, next to, near, over, above, under, underneath, below, beneath',
    'between, among, across, through, along, around, past, toward, towards, onto, out of, from, with, without, against, at, by, beyond',
    'in the middle of, at the edge of, to the left of, to the right of, off, outside, surrounded by, covered in, covered with',
    'full of, filled with, up, down, up to, down to, away from, close to, opposite',
  ),
  times: orders({
    first: 'first, at first, in the beginning, initially',
    next: 'then, and then, after that, afterwards, next, later, suddenly, until, eventually',
    during: 'while, as, meanwhile, during, at the same time, when, whilst',
    before: 'before',
    after: 'after, once, as soon as',
    last: 'finally, at the end, in the end, at last',
  }),
  cameras: phrases(
    'close-up, close up, closeup, extreme close-up, wide shot, wide angle, wide-angle, medium shot, long shot, establishing shot',
    'tracking shot, dolly shot, dolly zoom, dolly in, dolly out, crane shot, aerial view, aerial shot, drone shot, drone footage',
    "bird's-eye view, bird's eye view, birds-eye view, top view, top-down view, low angle, low-angle shot, high angle, point of view, pov",
    'handheld, handheld camera, static camera, static shot, fixed camera, slow motion, slow-motion, slow pan, time-lapse, timelapse',
    'zoom in, zoom out, zooms in, zooms out, slow zoom, pan left, pan right, pans left, pans right, tilt up, tilt down, pushes in',
    'push-in, slow push-in, pull back, pulls back, shallow depth of field, depth of field, bokeh, macro, macro shot, macro lens',
    'fisheye, fisheye lens, telephoto, 35mm, 50mm, one take, orbiting shot, over the shoulder, over-the-shoulder shot, the camera',
    'camera, first-person view, side view, front view, full shot, overhead shot, overhead view, rack focus',
  ),
  styles: phrases(
    'watercolor, watercolour, watercolor painting, oil painting, oil on canvas, pencil sketch, sketch, charcoal drawing, ink drawing',
    'line drawing, cinematic, photorealistic, photo-realistic, realistic, hyperrealistic, anime, manga, cartoon, comic book style',
    'pixel art, voxel art, low poly, 3d render, 3d animation, 3d, claymation, stop motion, stop-motion, paper cutout, origami style',
    'black and white, black-and-white, monochrome, sepia, film noir, noir, vaporwave, cyberpunk, steampunk, surreal, surrealist',
    'impressionist, impressionism, abstract, minimalist, pop art, vintage film, film grain, documentary style, documentary, hdr, 4k, 8k',
    'high quality, highly detailed, studio lighting, dramatic lighting, soft lighting, volumetric light, in the style of, art deco',
    "ukiyo-e, flat design, vector art, isometric, cel shaded, cel-shaded, studio ghibli, disney style, children's book illustration",
    'storybook illustration, pastel colors, pastel colours, vhs, super 8, 16mm film, dreamlike, gouache, stained glass style, mosaic style',
  ),
  settings: phrases(
    'at sunset, at sunrise, at dawn, at dusk, at night, by night, by day, during the day, in daylight, in the morning, in the evening',
    'in the afternoon, at noon, at midnight, at twilight, golden hour, blue hour, in the rain, in the snow, in the fog, in the mist',
    'in winter, in summer, in spring, in autumn, in the dark, in the sun, in the sunshine, in the moonlight, in the sunlight, under the stars',
    'on a sunny day, on a rainy day, on a rainy night, on a cloudy day, on a foggy morning, on a snowy night, on a windy day, late at night',
    'early in the morning, at golden hour, on a summer evening, on a winter night, in bright sunlight, in heavy rain, in a storm',
    'in the storm, in soft light, at high noon, in the wind, at blue hour, on a stormy night, on a summer day, on a winter morning',
  ),
  adjectivesFollow: false,
  verbEnding: /(ing|ed|es|[^s]s)$/,
  adjectiveEnding: /(ing|ed|ful|ous|ish|less|ic|al|ive|able|ible|y|en|-colored|-coloured|-shaped)$/,
  adverbEnding: /ly$/,
};
