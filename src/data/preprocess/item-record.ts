import { mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { writeWhole } from '../../weights/node';

const sampleSchema = z.strictObject({
  id: z.string(),
  /** Folders that hold a file of it. */
  folders: z.array(z.string()),
  /** Of a captioner; absent where the description has a caption. */
  caption: z.string().optional(),
  /** Key of what lies in `conditions`; absent until it is there. */
  text: z.string().optional(),
});

/** What was made of an item, and by what that is known again. */
const recordSchema = z.strictObject({
  version: z.literal(1),
  /** Of each file: its version at its source, and the SHA-256 of its content. */
  files: z.record(z.string(), z.strictObject({ version: z.string().optional(), content: z.string() })),
  /** Of content, settings and encoder. */
  media: z.string(),
  captioner: z.string().optional(),
  samples: z.array(sampleSchema),
});
export type ItemRecord = z.infer<typeof recordSchema>;
export type SampleRecord = z.infer<typeof sampleSchema>;

/** Folder of the records, beside those of the tensors. */
const RECORDS = 'items';

/** Records of a folder of precomputed samples, a file each, so that a kill loses one at most. */
export class ItemRecords {
  constructor(private readonly root: string) {}

  /** Undefined where there is none, or none that can be read: the item is then made again. */
  async read(id: string): Promise<ItemRecord | undefined> {
    const text = await readFile(this.pathOf(id), 'utf8').catch(() => undefined);
    if (text === undefined) return undefined;
    try {
      return recordSchema.safeParse(JSON.parse(text)).data;
    } catch {
      return undefined;
    }
  }

  async write(id: string, record: ItemRecord): Promise<void> {
    const path = this.pathOf(id);
    await mkdir(dirname(path), { recursive: true });
    await writeWhole(path, new TextEncoder().encode(JSON.stringify(record)));
  }

  private pathOf(id: string): string {
    return join(this.root, RECORDS, `${id}.json`);
  }
}
