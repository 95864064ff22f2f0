import { languageOf, lexicons, type Language, type TimeOrder } from './lexicons';
import { tagged, type Tagged } from './tag';
import { tokensOf } from './tokens';

export const partKinds = ['entity', 'attribute', 'motion', 'relation', 'time', 'camera', 'style', 'setting'] as const;
export type PartKind = (typeof partKinds)[number];

/** A piece of a prompt and what it means. */
export interface PromptPart {
  readonly id: number;
  readonly kind: PartKind;
  /** Characters of the prompt, the end not included. */
  readonly start: number;
  readonly end: number;
  readonly text: string;
  /** Attribute: the entity that it describes. Motion: the entity that moves. Relation: the entity that stands in it. */
  readonly of?: number;
  /** Relation: the entity that it points to. */
  readonly to?: number;
  /** Motion: its turn in time, from 1; motions of one number happen together. */
  readonly order?: number;
  /** Time: what it says. */
  readonly says?: TimeOrder;
  /** Whether a dictionary has the word; a word of which only its place says what it is may be anything. */
  readonly known: boolean;
}

export interface PronounUse {
  readonly start: number;
  readonly end: number;
  readonly text: string;
  /** What it may stand for, the likeliest first. */
  readonly candidates: readonly number[];
}

/** What a prompt says. */
export interface Understanding {
  readonly prompt: string;
  readonly language: Language;
  /** In the order of the prompt. */
  readonly parts: readonly PromptPart[];
  readonly pronouns: readonly PronounUse[];
}

/**
 * Reads a prompt in English, French, Spanish or German: entities with their attributes, what moves and how, relations, order in time,
 * camera, style and setting. By dictionaries and the order of words; nothing is learned and nothing leaves the machine.
 */
export function understandPrompt(prompt: string, language: Language = languageOf(tokensOf(prompt).map(({ text }) => text))): Understanding {
  return new Reader(prompt, language, tagged(tokensOf(prompt), lexicons[language])).read();
}

type Draft = { -readonly [Key in keyof PromptPart]: PromptPart[Key] };

class Reader {
  private readonly parts: Draft[] = [];
  private readonly pronouns: PronounUse[] = [];
  /** Adjectives that wait for their noun. */
  private waiting: Draft[] = [];
  private relation: Draft | undefined;
  private entity: Draft | undefined;
  private subject: Draft | undefined;
  /** Subjects of clauses before, the latest first. */
  private readonly subjects: Draft[] = [];
  private order = 1;
  /** A clause that began with `before` or `after`: the other half comes after its comma. */
  private opened: TimeOrder | undefined;
  private copula = false;

  constructor(
    private readonly prompt: string,
    private readonly language: Language,
    private readonly tokens: readonly Tagged[],
  ) {}

  read(): Understanding {
    for (let at = 0; at < this.tokens.length;) at += this.take(at);
    this.release();
    const { prompt, language, pronouns } = this;
    const parts = this.parts.toSorted((a, b) => a.start - b.start || a.end - b.end);
    return { prompt, language, parts, pronouns };
  }

  /** Takes what begins at a token in; gives back how many tokens that was. */
  private take(at: number): number {
    const token = this.tokens[at];
    const { adjectivesFollow } = lexicons[this.language];
    switch (token.tag) {
      case 'camera':
      case 'style':
      case 'setting':
        this.release();
        this.add(token.tag, token);
        return 1;
      case 'time':
        return this.takeTime(token);
      case 'relation': {
        this.release();
        const relation = this.add('relation', token);
        // In a list of clauses a relation is that of the subject, after an entity that of the entity.
        relation.of = this.entity?.id ?? this.subject?.id;
        this.relation = relation;
        this.copula = false;
        return 1;
      }
      case 'number':
      case 'adjective':
        if (token.tag === 'adjective' && adjectivesFollow && this.entity !== undefined && this.touches(this.entity, at)) {
          this.add('attribute', token).of = this.entity.id;
          return 1;
        }
        if (this.copula && !this.nounAhead(at)) {
          const of = this.subject ?? this.entity;
          const part = this.add('attribute', token);
          if (of !== undefined) part.of = of.id;
          return 1;
        }
        this.waiting.push(this.add('attribute', token));
        return 1;
      case 'noun':
        return this.takeNoun(at);
      case 'verb':
        return this.takeVerb(at);
      case 'auxiliary':
        this.copula = true;
        return 1;
      case 'pronoun':
        this.takePronoun(token);
        return 1;
      case 'mark':
        this.takeMark(token, at);
        return 1;
      case 'determiner':
        this.copula = false;
        return 1;
      case 'adverb':
      case 'direction':
      case 'filler':
        return 1;
    }
  }

  private takeNoun(at: number): number {
    // Nouns in a row are one name, but in languages whose adjectives follow, where the second is usually something else.
    let count = 1;
    while (this.tokens[at + count]?.tag === 'noun' && !lexicons[this.language].adjectivesFollow) count++;
    const first = this.tokens[at];
    const last = this.tokens[at + count - 1];
    const entity = this.add('entity', { ...first, end: last.end, known: first.known && last.known });
    for (const attribute of this.waiting) attribute.of = entity.id;
    this.waiting = [];
    if (this.relation !== undefined) {
      this.relation.to = entity.id;
      this.relation = undefined;
    } else if (this.subject === undefined || !this.hasVerb) this.setSubject(entity);
    this.entity = entity;
    this.copula = false;
    return count;
  }

  private hasVerb = false;

  private setSubject(entity: Draft): void {
    if (this.subject !== undefined && this.subject !== entity) this.subjects.unshift(this.subject);
    this.subject = entity;
    this.hasVerb = false;
  }

  private takeVerb(at: number): number {
    this.release();
    const verb = this.tokens[at];
    // Adverbs between the verb and where it goes belong to it only together with that.
    let count = 1;
    if (this.tokens[at + count]?.tag === 'direction') count++;
    const motion = this.add('motion', { ...verb, end: this.tokens[at + count - 1].end });
    const of = this.subject ?? this.entity;
    if (of !== undefined) motion.of = of.id;
    motion.order = this.order;
    this.hasVerb = true;
    this.copula = false;
    this.relation = undefined;
    return count;
  }

  private takeTime(token: Tagged): number {
    this.release();
    const part = this.add('time', token);
    const says = token.order ?? 'next';
    part.says = says;
    const begun = this.parts.some(({ kind }) => kind === 'motion' || kind === 'entity');
    switch (says) {
      case 'first':
      case 'during':
        break;
      case 'next':
      case 'last':
        if (begun) this.order++;
        break;
      case 'before':
      case 'after':
        if (!this.clauseBegun) this.opened = says;
        else if (says === 'before') this.order++;
        else this.makeRoomBefore();
    }
    this.newClause();
    return 1;
  }

  private clauseBegun = false;

  /** `Y after X`: what came is later than what comes. */
  private makeRoomBefore(): void {
    for (const part of this.parts) if (part.order === this.order) part.order++;
  }

  private takePronoun(token: Tagged): void {
    const named = new Set([...(this.subject === undefined ? [] : [this.subject]), ...this.subjects]);
    // What something stands in relation to is not itself.
    if (this.relation !== undefined && this.subject !== undefined && named.size > 1) named.delete(this.subject);
    const all = [...named];
    const { start, end } = token;
    this.pronouns.push({ start, end, text: this.prompt.slice(start, end), candidates: all.map(({ id }) => id) });
    const [antecedent] = all;
    if (antecedent !== undefined && this.relation === undefined) {
      this.subject = antecedent;
      this.hasVerb = false;
    }
    if (antecedent !== undefined && this.relation !== undefined) {
      this.relation.to = antecedent.id;
    }
    this.relation = undefined;
  }

  private takeMark({ text }: Tagged, at: number): void {
    const inList = text === ',' && this.waiting.length > 0 && this.nounAhead(at);
    if (inList) return;
    this.release();
    this.relation = undefined;
    if (text === ',' || text === ':') {
      if (this.opened !== undefined && this.clauseBegun) this.closeOpened();
      // After a comma a new thing with a verb of its own is a new subject.
      if (this.hasVerb && this.verbAfterNounAhead(at)) this.newClause();
      this.entity = undefined;
      return;
    }
    if (this.opened !== undefined) this.closeOpened();
    if (this.parts.some(({ kind, order }) => kind === 'motion' && order === this.order)) this.order++;
    this.newClause();
  }

  private closeOpened(): void {
    if (this.opened === 'after') this.order++;
    else this.makeRoomBefore();
    this.opened = undefined;
    this.newClause();
  }

  private newClause(): void {
    if (this.subject !== undefined && !this.subjects.includes(this.subject)) this.subjects.unshift(this.subject);
    // The next noun is the subject; without one the old goes on.
    this.hasVerb = false;
    this.entity = undefined;
    this.relation = undefined;
    this.copula = false;
    this.clauseBegun = false;
  }

  /** Adjectives without a noun stay alone. */
  private release(): void {
    for (const attribute of this.waiting) {
      const of = this.copula ? this.subject : undefined;
      if (of !== undefined) attribute.of = of.id;
    }
    this.waiting = [];
  }

  /** Whether only adjectives and words between them stand before the next noun. */
  private nounAhead(at: number): boolean {
    for (let next = at + 1; next < this.tokens.length; next++) {
      const { tag, text } = this.tokens[next];
      if (tag === 'noun') return true;
      const between = tag === 'adjective' || tag === 'number' || tag === 'adverb' || (tag === 'mark' && text === ',') || tag === 'filler';
      if (!between) return false;
    }
    return false;
  }

  private verbAfterNounAhead(at: number): boolean {
    let noun = false;
    for (let next = at + 1; next < this.tokens.length; next++) {
      const { tag } = this.tokens[next];
      if (tag === 'mark' || tag === 'time') return false;
      if (tag === 'noun') noun = true;
      if (tag === 'verb' || tag === 'auxiliary') return noun;
      if (tag === 'relation') return false;
    }
    return false;
  }

  /** Whether an entity ends where a token begins, but for words between adjectives. */
  private touches(entity: Draft, at: number): boolean {
    for (let before = at - 1; before >= 0; before--) {
      const token = this.tokens[before];
      if (token.end === entity.end) return true;
      const passes =
        token.tag === 'adjective' || token.tag === 'adverb' || (token.tag === 'filler' && /^(et|y|e|muy|très|plus|más)$/.test(token.text));
      if (!passes) return false;
    }
    return false;
  }

  private add(kind: PartKind, { start, end, known }: Pick<Tagged, 'start' | 'end' | 'known'>): Draft {
    this.clauseBegun ||= kind === 'entity' || kind === 'motion';
    const part: Draft = { id: this.parts.length, kind, start, end, text: this.prompt.slice(start, end), known };
    this.parts.push(part);
    return part;
  }
}
