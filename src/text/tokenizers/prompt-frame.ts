import { z } from 'zod';
import { AiprodError } from '../../errors';
import type { PromptFrame } from './tokenizer';

const special = z.object({ SpecialToken: z.object({ id: z.string() }) });
const sequence = z.object({ Sequence: z.object({ id: z.string() }) });

/** Post-processors of tokenizer.json that put special tokens around a text. */
const templateSchema = z.object({
  type: z.literal('TemplateProcessing'),
  single: z.array(z.union([special, sequence])),
  special_tokens: z.record(z.string(), z.object({ ids: z.array(z.number().int().min(0)) })),
});
const markedToken = z.tuple([z.string(), z.number().int().min(0)]);
const bertSchema = z.object({ type: z.enum(['BertProcessing', 'RobertaProcessing']), cls: markedToken, sep: markedToken });
const listSchema = z.object({ type: z.literal('Sequence'), processors: z.array(z.unknown()) });
const otherSchema = z.object({ type: z.literal('ByteLevel') });
const schema = z.union([templateSchema, bertSchema, listSchema, otherSchema]);

/**
 * The special tokens around one text, as the `post_processor` of a tokenizer.json says; undefined when it says nothing.
 * @throws AiprodError 'bad-weights' for another kind of post-processor.
 */
export function frameOf(postProcessor: unknown, where: string): PromptFrame | undefined {
  if (postProcessor === undefined || postProcessor === null) return undefined;
  const parsed = schema.safeParse(postProcessor);
  if (!parsed.success) {
    throw new AiprodError('bad-weights', 'the tokenizer frames prompts in a way that is not known', {
      where,
      expected: 'post_processor: TemplateProcessing, BertProcessing, RobertaProcessing, ByteLevel, or a Sequence of them',
      found: parsed.error.issues[0].message,
      hint: 'Save it again with a current version of the tokenizers library',
    });
  }
  const processor = parsed.data;
  switch (processor.type) {
    case 'TemplateProcessing': {
      const at = processor.single.findIndex((part) => 'Sequence' in part);
      const idsOf = (parts: typeof processor.single): number[] =>
        parts.flatMap((part) => ('SpecialToken' in part ? (processor.special_tokens[part.SpecialToken.id]?.ids ?? []) : []));
      return { start: idsOf(processor.single.slice(0, at)), end: idsOf(processor.single.slice(at + 1)) };
    }
    case 'BertProcessing':
    case 'RobertaProcessing':
      return { start: [processor.cls[1]], end: [processor.sep[1]] };
    case 'Sequence': {
      for (const inner of processor.processors) {
        const frame = frameOf(inner, where);
        if (frame !== undefined) return frame;
      }
      return undefined;
    }
    case 'ByteLevel':
      return undefined;
  }
}
