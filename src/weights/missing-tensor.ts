import { AiprodError } from '../errors';
import { shorten } from './strict-json';

/** Error for a tensor that is not in a file; it lists names that end alike, which shows a wrong prefix at once. */
export function missingTensor(name: string, where: string, names: Iterable<string>): AiprodError {
  const ending = name.slice(name.lastIndexOf('.', name.lastIndexOf('.') - 1) + 1);
  const alike = [...names].filter((other) => other.endsWith(ending)).slice(0, 3);
  return new AiprodError('bad-weights', `there is no tensor ${shorten(name)}`, {
    where,
    found: alike.length === 0 ? undefined : `similar names: ${alike.join(', ')}`,
    hint: 'Check that the file belongs to this model',
  });
}
