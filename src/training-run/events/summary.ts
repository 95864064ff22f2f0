import { bytesField, doubleField, floatField, varintField } from './protobuf';
import { joinedBytes } from '../../numeric/joined';

/**
 * Events as TensorBoard reads them; numbers of fields from tensorflow/core/util/event.proto and tensorflow/core/framework/summary.proto.
 */

/** What is said of a step, by tag. */
export type SummaryValue =
  | { readonly kind: 'scalar'; readonly tag: string; readonly value: number }
  | { readonly kind: 'text'; readonly tag: string; readonly text: string }
  | { readonly kind: 'image'; readonly tag: string; readonly width: number; readonly height: number; readonly png: Uint8Array };

/** The first event of each file. @param wallTime seconds since 1970 */
export function versionEvent(wallTime: number): Uint8Array {
  return joinedBytes([doubleField(1, wallTime), bytesField(3, 'brain.Event:2')]);
}

/** Says that the run begins, or begins again, at a step: what an interrupted run wrote of later ones is to be forgotten. */
export function startEvent(wallTime: number, step: number): Uint8Array {
  const sessionStart = 1;
  return joinedBytes([doubleField(1, wallTime), varintField(2, step), bytesField(7, varintField(1, sessionStart))]);
}

export function summaryEvent(wallTime: number, step: number, values: readonly SummaryValue[]): Uint8Array {
  const summary = joinedBytes(values.map((value) => bytesField(1, summaryValue(value))));
  return joinedBytes([doubleField(1, wallTime), varintField(2, step), bytesField(5, summary)]);
}

const rgb = 3;
const stringType = 7;

function summaryValue(value: SummaryValue): Uint8Array {
  const tag = bytesField(1, value.tag);
  switch (value.kind) {
    case 'scalar':
      return joinedBytes([tag, floatField(2, value.value)]);
    case 'image': {
      const { width, height, png } = value;
      const image = joinedBytes([varintField(1, height), varintField(2, width), varintField(3, rgb), bytesField(4, png)]);
      return joinedBytes([tag, bytesField(4, image)]);
    }
    case 'text': {
      // A tensor of one string; the plugin's name says that it is to be read.
      const shape = bytesField(2, varintField(1, 1));
      const tensor = joinedBytes([varintField(1, stringType), bytesField(2, shape), bytesField(8, value.text)]);
      const metadata = bytesField(1, bytesField(1, 'text'));
      return joinedBytes([tag, bytesField(8, tensor), bytesField(9, metadata)]);
    }
  }
}
