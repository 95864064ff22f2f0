import { forms, orders, phrases, words, type Lexicon } from './lexicon';

const declined = ['', 'e', 'er', 'es', 'en', 'em'];
const verb = ['t', 'en', 'end', 'ende', 'ender', 'endes', 'enden', 'te', 'ten'];

export const german: Lexicon = {
  language: 'de',
  determiners: words(
    'ein eine einen einem einer eines der die das den dem des dieser diese dieses diesen diesem sein seine seinen seinem ihr ihre ihren ihrem',
    'jeder jede jedes einige mehrere viele kein keine im am vom zum zur beim ins',
  ),
  pronouns: words('er sie es ihn ihm ihnen'),
  auxiliaries: words('ist sind war waren hat haben wird werden sich'),
  fillers: words('und oder aber dass sehr auch nur so wie nicht mehr zu als'),
  adjectives: new Set([
    ...forms(
      'rot gelb grün blau weiß schwarz grau braun golden silbern violett groß klein riesig winzig lang kurz hoh hoch rund alt jung',
      declined,
    ),
    ...forms(
      'neu modern schön hübsch schnell langsam glänzend durchsichtig hell glücklich traurig ruhig leer verlassen geheimnisvoll',
      declined,
    ),
    ...forms(
      'magisch verschneit warm kalt wild einsam tief futuristisch tropisch nass dunkl bunt belebt still weit schwer leuchtend',
      declined,
    ),
    ...words('rosa lila orange orangefarbene orangefarbener dunkel dunkle dunklen edle edler'),
  ]),
  nouns: words(
    'ball kugel kreis quadrat dreieck stern sterne herz ring mann frau junge mädchen kind kinder katze katzen hund hunde pferd pferde vogel',
    'vögel löwe tiger elefant wolf fuchs hase bär fisch fische drache schmetterling auto autos zug schiff boot boote flugzeug fahrrad rakete',
    'lastwagen baum bäume wald blume blumen gras garten feld wiese berg berge hügel fluss see meer ozean strand insel wüste himmel wolke',
    'wolken sonne mond planet schnee regen nebel feuer wasser welle wellen haus häuser stadt dorf straße weg brücke schloss burg turm zimmer',
    'küche fenster tür tisch stuhl kerze buch tasse roboter astronaut tänzerin tänzer ritter könig königin menge dach wand hintergrund',
    'regenschirm hut kleid uhr leuchtturm ballon ballons luftballon hof park bahnhof hafen zebra',
  ),
  verbs: new Set([
    ...forms(
      'hüpf roll dreh tanz spring schweb gleit flieg schwimm kletter wander lauf geh renn lauf schleich krabbel explodier leucht spiel sing',
      verb,
    ),
    ...forms(
      'schau trag schieb zieh gieß schließ galoppier land näher fahr reit segel wachs schrumpf schmelz blüh brenn folg wink lach',
      verb,
    ),
    ...words(
      'läuft fliegt fliegen fällt fallen fallend fallende fährt fahren springt springen geht gehen rennt schwimmt schwimmen steigt steigen',
      'sinkt sinken sitzt sitzen steht stehen liegt liegen schläft schlafen kommt kommen öffnet erscheint verschwindet bewegt trinkt isst liest',
      'lächelt hält wirft fängt wächst dreht reitet tanzt spielt klettert flattert flattern wird bewegen weht wehen schmilzt',
    ),
  ]),
  eitherVerbOrNoun: words('tanz sprung lauf flug'),
  adverbs: words('langsam schnell sanft leise plötzlich zusammen'),
  numbers: words('zwei drei vier fünf sechs sieben acht neun zehn'),
  directions: phrases(
    'nach links, nach rechts, nach oben, nach unten, auf und ab, hin und her, vorwärts, rückwärts, auf der stelle, im kreis, von links nach rechts',
    'von rechts nach links, hinauf, hinunter, davon, weg, vorbei, um die eigene achse, herum',
  ),
  relations: phrases(
    'auf, in, im, über, unter, neben, hinter, vor, zwischen, durch, entlang, um, an, am, bei, mit, ohne, gegen, aus, von, nahe, ins, zur, zum',
    'in der mitte von, am rand von, gegenüber, zu, nach',
  ),
  times: orders({
    first: 'zuerst, am anfang, zunächst',
    next: 'dann, danach, und dann, später, plötzlich, bis, anschließend',
    during: 'während, gleichzeitig, wenn, als',
    before: 'bevor, ehe',
    after: 'nachdem, sobald',
    last: 'schließlich, am ende, zuletzt',
  }),
  cameras: phrases(
    'nahaufnahme, großaufnahme, totale, weitwinkel, kamerafahrt, luftaufnahme, drohnenaufnahme, vogelperspektive, aus der vogelperspektive, froschperspektive',
    'zeitlupe, in zeitlupe, zeitraffer, die kamera, kamera, schwenk, statische kamera, makroaufnahme, halbtotale, zoom',
  ),
  styles: phrases(
    'aquarell, als aquarell, ölgemälde, bleistiftzeichnung, zeichentrick, filmisch, fotorealistisch, realistisch, anime, pixel art, schwarz-weiß, schwarzweiß',
    'in schwarz-weiß, impressionistisch, cyberpunk, comic, 3d-animation, surrealistisch, surreal, abstrakt, minimalistisch, im stil von, knetanimation, dokumentarisch',
    'im comicstil',
  ),
  settings: phrases(
    'bei sonnenuntergang, bei sonnenaufgang, im morgengrauen, in der dämmerung, nachts, bei nacht, in der nacht, tagsüber, bei tag, am morgen, am abend',
    'im regen, im schnee, im nebel, im winter, im sommer, im frühling, im herbst, am mittag, um mitternacht, bei mondschein, unter den sternen, im dunkeln',
    'bei regen, am nachmittag, zur goldenen stunde, im sonnenlicht',
  ),
  adjectivesFollow: false,
  verbEnding: /(t|end)$/,
  adjectiveEnding:
    /(ige|iger|iges|igen|liche|licher|liches|lichen|ische|ischer|isches|ischen|ende|ender|endes|enden|ne|nes|ner|ter|te|tes|ten)$/,
  adverbEnding: /$^/,
};
