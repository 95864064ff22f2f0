import { forms, orders, phrases, words, type Lexicon } from './lexicon';

/** Present, imperfect and participles of verbs in -er. */
const er = ['e', 'es', 'ent', 'ant', 'é', 'ée', 'er', 'ait', 'aient'];

export const french: Lexicon = {
  language: 'fr',
  determiners: words("un une des le la les l' ce cet cette ces son sa ses leur leurs mon ma mes du au aux chaque quelques plusieurs"),
  pronouns: words('il elle ils elles lui eux celui-ci celle-ci'),
  auxiliaries: words("est sont était étaient a ont avait être avoir s' se"),
  fillers: words("et ou mais de d' qui que qu' dont très aussi plus en y ne pas comme puis à"),
  adjectives: words(
    'rouge rouges orange jaune jaunes vert verte verts vertes bleu bleue bleus bleues violet violette rose roses blanc blanche blancs',
    'blanches noir noire noirs noires gris grise grises marron brun brune doré dorée dorés dorées argenté argentée grand grande grands',
    'grandes petit petite petits petites énorme énormes gros grosse minuscule minuscules long longue longs longues court courte haut haute',
    'rond ronde vieux vieille vieil vieilles jeune jeunes nouveau nouvelle ancien ancienne moderne beau belle beaux belles joli jolie',
    'rapide rapides lent lente brillant brillante brillants brillantes transparent transparente sombre clair claire lumineux lumineuse',
    'heureux heureuse triste calme vide abandonné abandonnée mystérieux mystérieuse magique enneigé enneigée enneigées tranquille',
    'chaud chaude froid froide sauvage géant géante géants seul seule profond profonde futuriste futuristes tropical tropicale bondée',
  ),
  nouns: words(
    'balle ballon ballons cercle carré triangle étoile étoiles coeur cœur anneau homme hommes femme femmes garçon fille enfant enfants',
    'chat chats chien chiens cheval chevaux oiseau oiseaux lion tigre éléphant loup renard lapin ours poisson poissons dragon papillon',
    'voiture voitures train bateau bateaux avion vélo fusée camion arbre arbres forêt fleur fleurs herbe jardin champ prairie montagne',
    'montagnes colline rivière lac mer océan plage île désert ciel nuage nuages soleil lune planète neige pluie brume feu eau vague',
    'vagues maison maisons ville village rue route pont château tour chambre cuisine fenêtre porte table chaise bougie livre tasse',
    'robot astronaute danseuse danseur chevalier roi reine foule route chemin toit mur fond parapluie chapeau robe horloge phare',
  ),
  verbs: new Set([
    ...forms(
      'roul rebondiss tourn dans saut march vol nag mont tomb gliss flott avanc recul travers pass entr arriv explos brill jou chant',
      er,
    ),
    ...forms('regard tremp port lanc attrap pouss tir coup vers gouttent éclat ferm galop plan bouge dépass approch', er),
    ...words(
      'rebondit rebondissent rebondissant court courent courant descend descendent descendant disparaît disparaissent apparaît apparaissent',
      "grandit grandissent rétrécit sort sortent part partent vient dort dorment dormant boit lit mange mangent mangeant s'ouvre s'envole",
      "s'approche s'éloigne s'élève fond fondent suit suivent tient ouvre ouvrent fleurit fleurissent rit sourit devient se bouge",
      'monte descend nage nagent nageant bouge bougent bougeant plonge plongent plongeant change lève lèvent assis assise debout brûle',
    ),
  ]),
  eitherVerbOrNoun: words('marche danse saute vague court lit porte tour fond joue montre'),
  adverbs: words('lentement rapidement doucement vite soudainement ensemble calmement'),
  numbers: words('deux trois quatre cinq six sept huit neuf dix'),
  directions: phrases(
    'vers la gauche, vers la droite, à gauche, à droite, vers le haut, vers le bas, en haut, en bas, de haut en bas, en avant, en arrière',
    'sur place, en rond, de gauche à droite, de droite à gauche, sur elle-même, sur lui-même',
  ),
  relations: phrases(
    'sur, sous, dans, devant, derrière, à côté de, près de, près du, au-dessus de, au-dessus du, au-dessous de, entre, parmi, à travers, le long de',
    'le long du, autour de, autour du, vers, avec, sans, contre, au bord de, au bord du, au milieu de, au milieu du, depuis, hors de, par-dessus',
    "chez, par, en face de, à l' intérieur de, au pied de, au fond de",
  ),
  times: orders({
    first: "d' abord, au début",
    next: "puis, ensuite, après cela, soudain, plus tard, jusqu' à ce que",
    during: "pendant que, tandis que, pendant, alors que, en même temps, quand, lorsque, lorsqu'",
    before: 'avant de, avant que, avant',
    after: 'après, après que, dès que',
    last: 'enfin, finalement, à la fin',
  }),
  cameras: phrases(
    'gros plan, très gros plan, plan large, plan moyen, plan séquence, plan-séquence, travelling, travelling avant, travelling arrière',
    'vue aérienne, vue de drone, vue du ciel, plongée, contre-plongée, ralenti, au ralenti, zoom avant, zoom arrière, panoramique, la caméra',
    "caméra, caméra fixe, plan fixe, vue de dessus, accéléré, vue de côté, caméra à l' épaule",
  ),
  styles: phrases(
    "aquarelle, à l' aquarelle, peinture à l' huile, dessin au crayon, dessin animé, cinématographique, photoréaliste, réaliste, animé",
    'pixel art, noir et blanc, en noir et blanc, impressionniste, cyberpunk, style manga, manga, bande dessinée, rendu 3d, surréaliste, abstrait',
    'minimaliste, dans le style de, pâte à modeler, documentaire',
  ),
  settings: phrases(
    "au coucher du soleil, au lever du soleil, à l' aube, au crépuscule, la nuit, de nuit, le jour, de jour, en plein jour, le matin, le soir",
    "sous la pluie, sous la neige, dans la brume, dans le brouillard, en hiver, en été, au printemps, en automne, à midi, à minuit, l' après-midi",
    "sous les étoiles, au clair de lune, par temps de pluie, à l' heure dorée",
  ),
  adjectivesFollow: true,
  verbEnding: /(ant|ent|it)$/,
  adjectiveEnding: /(eux|euse|if|ive|ique|iques|able|ée|ées|és|al|ale|ant|ante)$/,
  adverbEnding: /ment$/,
};
