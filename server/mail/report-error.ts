/** A report is not of the documented form, or cannot be read. The message says why. */
export class ReportError extends Error {
  override readonly name = 'ReportError';
}
