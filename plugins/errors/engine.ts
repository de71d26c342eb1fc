import type { ErrorCode } from './registry.ts';

/** What the engine, or one of its plugins, says of a request. It has no codes for that, only words. */
export type EngineRefusal = {
  readonly code: ErrorCode;
  readonly message: string;
  /** The input field that has to change, where the words say it. */
  readonly field?: string;
  readonly hint?: string;
};

const REFUSALS: readonly (readonly [words: RegExp, refusal: EngineRefusal])[] = [
  [
    /^No values were deleted in collection /,
    {
      code: 'NOT_FOUND_OR_FORBIDDEN',
      message: 'There is no such row, or you may not delete it.',
      field: 'rowId',
    },
  ],
  [
    /^Attempted to update a record, but no new values were specified/,
    { code: 'INVALID_INPUT', message: 'The patch changes nothing.', field: 'patch' },
  ],
];

/** Whether the words of an error are about what a client has sent, and what to tell it; undefined: they are not. */
export function engineRefusal(words: string): EngineRefusal | undefined {
  return REFUSALS.find(([known]) => known.test(words))?.[1];
}
