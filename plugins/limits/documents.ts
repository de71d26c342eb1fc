import {
  GraphQLError,
  NoUnusedFragmentsRule,
  parse,
  Source,
  specifiedRules,
  UniqueFragmentNamesRule,
  validate,
  type DocumentNode,
  type GraphQLSchema,
  type ValidationRule,
} from 'postgraphile/graphql';
import { graphqlCode } from '../errors/mask.ts';
import { analyse, type DocumentAnalysis } from './analyse.ts';
import { excessOf } from './excess.ts';
import type { Limits } from './limits.ts';
import { refusal } from './refusal.ts';
import { pageSizes } from './rows.ts';
import { scan } from './scan.ts';

/** A document that may run, or what is wrong with it. */
export type Checked =
  | { readonly document: DocumentNode; readonly errors?: undefined }
  | { readonly document?: undefined; readonly errors: readonly GraphQLError[] };

export type DocumentsOptions = {
  readonly schema: GraphQLSchema;
  readonly limits: Limits;
  /** Whether clients may ask for the schema, and errors suggest names from it. */
  readonly introspection: boolean;
  /** Whether somebody has vouched for a document: then limits that do not depend on variables do not hold for it. */
  readonly isTrusted?: (text: string) => boolean;
};

/** Documents that are kept, the latest used. */
const KEPT = 500;
/** Characters of a document that is kept. */
const KEPT_LENGTH = 50_000;
/** What is wrong with a document beyond this is not said: finding it takes time, too. */
const ERRORS = 20;

/**
 * What has to be true of a document before the other rules go over it: that each of its fragments has a name of its own and is
 * spread by an operation. Then all that there is in it has been measured. These two take time that grows with the document's
 * length; others take far more, such as the one that compares each field of a selection set with each.
 */
const ALL_MEASURED: readonly ValidationRule[] = [UniqueFragmentNamesRule, NoUnusedFragmentsRule];

const introspectionDisabled = (node: DocumentAnalysis['introspection']) =>
  new GraphQLError('The schema cannot be asked for here.', {
    ...(node ? { nodes: node } : {}),
    extensions: { code: 'INTROSPECTION_DISABLED' },
  });

/** Some errors of the engine are about no place in the document, and would be taken for ones of the request. */
const withCode = (error: GraphQLError): GraphQLError =>
  Object.assign(error, { extensions: { ...error.extensions, code: graphqlCode(error) } });

/**
 * Checks documents: first that they are not too much, which takes time that grows with their length and no faster, then that
 * nothing in them has escaped this, then that they are GraphQL of this schema. Those that may run are kept, so that the next
 * request finds them by their text.
 */
export class Documents {
  readonly #options: DocumentsOptions;
  readonly #kept = new Map<string, Checked>();
  readonly #analyses = new WeakMap<DocumentNode, DocumentAnalysis>();

  constructor(options: DocumentsOptions) {
    this.#options = options;
  }

  /** The document of a text, or what is wrong with it. */
  readonly check = (text: string): Checked => {
    const kept = this.#kept.get(text);
    if (kept) {
      // The one used last is the last to go.
      this.#kept.delete(text);
      this.#kept.set(text, kept);
      return kept;
    }
    const checked = this.#check(text);
    if (checked.document && text.length <= KEPT_LENGTH) {
      const [oldest] = this.#kept.size >= KEPT ? this.#kept.keys() : [];
      if (oldest !== undefined) this.#kept.delete(oldest);
      this.#kept.set(text, checked);
    }
    return checked;
  };

  /** What a document asks for that was checked. */
  analysisOf(document: DocumentNode): DocumentAnalysis | undefined {
    return this.#analyses.get(document);
  }

  #check(text: string): Checked {
    const { schema, introspection } = this.#options;
    try {
      const { document, analysis } = this.#analyse(text);
      for (const rules of [ALL_MEASURED, specifiedRules]) {
        const errors = validate(schema, document, rules, {
          maxErrors: ERRORS,
          hideSuggestions: !introspection,
        });
        if (errors.length > 0) return { errors: errors.map(withCode) };
      }
      this.#analyses.set(document, analysis);
      return { document };
    } catch (error) {
      if (error instanceof GraphQLError) return { errors: [error] };
      throw error;
    }
  }

  /** @throws GraphQLError when it is too much, or no GraphQL */
  #analyse(text: string): { document: DocumentNode; analysis: DocumentAnalysis } {
    const { schema, limits, introspection, isTrusted } = this.#options;
    const source = new Source(text, 'GraphQL request');
    const trusted = isTrusted?.(text) ?? false;
    if (!trusted) {
      const tooLong = scan(source, limits);
      if (tooLong) throw refusal(tooLong);
    }
    const document = parse(source);
    const analysis = analyse(schema, document, pageSizes(limits));
    if (trusted) return { document, analysis };
    const excess = excessOf(analysis, limits);
    if (excess) throw refusal(excess, excess.operation?.node);
    if (!introspection && analysis.introspection) {
      throw introspectionDisabled(analysis.introspection);
    }
    return { document, analysis };
  }
}
