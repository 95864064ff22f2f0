import { forms, orders, phrases, words, type Lexicon } from './lexicon';

const ar = ['a', 'an', 'ando', 'ado', 'ada', 'ar', 'aba', 'aban'];
const er = ['e', 'en', 'iendo', 'ido', 'ida', 'er', 'ir'];

export const spanish: Lexicon = {
  language: 'es',
  determiners: words(
    'un una unos unas el la los las este esta estos estas ese esa su sus mi mis cada algunos algunas varios varias del al',
  ),
  pronouns: words('él ella ellos ellas ello lo'),
  auxiliaries: words('es son está están era estaban ha han hay se ser estar'),
  fillers: words('y e o pero de que muy también más no como quien'),
  adjectives: words(
    'rojo roja rojos rojas naranja amarillo amarilla amarillos amarillas verde verdes azul azules morado morada rosa blanco blanca blancos',
    'blancas negro negra negros negras gris grises marrón dorado dorada dorados plateado plateada grande grandes gran pequeño pequeña',
    'pequeños pequeñas enorme enormes diminuto diminuta largo larga alto alta altos altas redondo redonda viejo vieja viejos joven jóvenes',
    'nuevo nueva antiguo antigua moderno moderna hermoso hermosa bonito bonita rápido rápida lento lenta brillante brillantes transparente',
    'oscuro oscura claro clara feliz triste tranquilo tranquila vacío vacía abandonado abandonada misterioso misteriosa mágico mágica nevado',
    'nevada nevadas caliente frío fría salvaje salvajes gigante gigantes solo sola profundo profunda futurista tropical mojado mojada',
  ),
  nouns: words(
    'pelota pelotas balón globo globos círculo cuadrado triángulo estrella estrellas corazón anillo hombre hombres mujer mujeres niño niña',
    'niños gato gatos perro perros caballo caballos pájaro pájaros león tigre elefante lobo zorro conejo oso pez peces dragón mariposa',
    'coche coches tren barco barcos avión bicicleta cohete camión árbol árboles bosque flor flores hierba jardín campo pradera montaña',
    'montañas colina río lago mar océano playa isla desierto cielo nube nubes sol luna planeta nieve lluvia niebla fuego agua ola olas',
    'casa casas ciudad pueblo calle camino puente castillo torre habitación cocina ventana puerta mesa silla vela libro taza robot',
    'astronauta bailarina bailarín caballero rey reina multitud techo pared fondo paraguas sombrero vestido reloj faro carretera',
  ),
  verbs: new Set([
    ...forms(
      'rebot gir bail salt camin vol nad baj flot avanz retroced cruz pas entr lleg explot brill jueg cant mir llev lanz empuj tir',
      ar,
    ),
    ...forms('cort viert gote cerr galop aterriz acerc alej levant cambi mont rod naveg observ desliz dispar', ar),
    ...forms('corr sub com beb aparec desaparec crec descend derret persigu abr sal', er),
    ...words(
      'rueda ruedan rodando cae caen cayendo vuela vuelan juega juegan jugando duerme duermen durmiendo sube suben subiendo corre corren',
      'corriendo sale salen saliendo viene vienen va van yendo sigue siguen siguiendo abre abren se mueve mueve mueven moviéndose moviendo',
      'ríe sonríe lee leyendo florece florecen encoge sentado sentada vuelve vuelven cierra se acerca se aleja se levanta girando',
    ),
  ]),
  eitherVerbOrNoun: words('baile salto vuelo caída paso vela nada juego rueda'),
  adverbs: words('lentamente rápidamente suavemente despacio juntos'),
  numbers: words('dos tres cuatro cinco seis siete ocho nueve diez'),
  directions: phrases(
    'hacia la izquierda, hacia la derecha, a la izquierda, a la derecha, hacia arriba, hacia abajo, arriba y abajo, de arriba abajo, hacia adelante',
    'hacia atrás, en su sitio, en círculos, de izquierda a derecha, de derecha a izquierda, sobre sí misma, sobre sí mismo',
  ),
  relations: phrases(
    'sobre, en, encima de, encima del, debajo de, debajo del, bajo, dentro de, dentro del, delante de, delante del, detrás de, detrás del, junto a',
    'junto al, al lado de, al lado del, cerca de, cerca del, entre, por, a través de, a través del, a lo largo de, alrededor de, alrededor del, hacia, con, sin, contra',
    'al borde de, al borde del, en medio de, en medio del, desde, fuera de, frente a, frente al, por encima de, al pie de',
  ),
  times: orders({
    first: 'primero, al principio',
    next: 'luego, después, entonces, y luego, más tarde, de repente, hasta que, a continuación',
    during: 'mientras, al mismo tiempo, cuando, durante',
    before: 'antes de, antes de que',
    after: 'después de, después de que, en cuanto',
    last: 'finalmente, por fin, al final, por último',
  }),
  cameras: phrases(
    'primer plano, primerísimo plano, plano general, plano medio, plano secuencia, travelling, vista aérea, toma aérea, vista de dron, plano cenital',
    'contrapicado, picado, cámara lenta, a cámara lenta, en cámara lenta, zoom, la cámara, cámara, cámara fija, plano fijo, vista cenital, time-lapse, panorámica',
  ),
  styles: phrases(
    'acuarela, en acuarela, pintura al óleo, óleo, dibujo a lápiz, dibujos animados, cinematográfico, cinematográfica, fotorrealista, realista, anime, pixel art',
    'blanco y negro, en blanco y negro, impresionista, ciberpunk, cyberpunk, estilo manga, cómic, render 3d, surrealista, abstracto, minimalista, al estilo de',
    'plastilina, documental, estilo anime',
  ),
  settings: phrases(
    'al atardecer, al amanecer, de noche, por la noche, de día, por el día, por la mañana, por la tarde, bajo la lluvia, bajo la nieve, en la niebla',
    'en invierno, en verano, en primavera, en otoño, al mediodía, a medianoche, a la luz de la luna, bajo las estrellas, en la oscuridad, al anochecer',
    'en la hora dorada, bajo el sol',
  ),
  adjectivesFollow: true,
  verbEnding: /(ando|iendo|yendo)$/,
  adjectiveEnding: /(oso|osa|osos|osas|ico|ica|ado|ada|ados|adas|able|al|ante|ente|ivo|iva)$/,
  adverbEnding: /mente$/,
};
