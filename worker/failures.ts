/**
 * A job that would fail the same way each time. A task that throws it is not tried again: the job is a dead letter at once,
 * whatever attempts it has left.
 */
export class PermanentFailure extends Error {
  override readonly name: string = 'PermanentFailure';
}

/** An attempt that counts for nothing: its job was given back, or somebody else has it. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}
