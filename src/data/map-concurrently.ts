/** Maps with at most `limit` calls under way. Results are in the order of the items; the first error ends it. */
export async function mapConcurrently<Item, Result>(
  items: readonly Item[],
  limit: number,
  map: (item: Item, index: number) => Promise<Result>,
): Promise<Result[]> {
  const results = new Array<Result>(items.length);
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < items.length) {
      const index = next++;
      results[index] = await map(items[index], index);
    }
  };
  const finish = (): void => void (next = items.length);
  const workers = Array.from({ length: Math.min(limit, items.length) }, work);
  await Promise.all(workers).finally(finish);
  return results;
}
