import { Lexer, TokenKind, type Source } from 'postgraphile/graphql';
import { NESTING, type Limits } from './limits.ts';
import type { Excess } from './refusal.ts';

const OPENING: ReadonlySet<TokenKind> = new Set([
  TokenKind.BRACE_L,
  TokenKind.BRACKET_L,
  TokenKind.PAREN_L,
]);
const CLOSING: ReadonlySet<TokenKind> = new Set([
  TokenKind.BRACE_R,
  TokenKind.BRACKET_R,
  TokenKind.PAREN_R,
]);

/**
 * Goes over the tokens of a document that nobody has parsed yet, and stops at the first that is too many or too deep for
 * the parser, which calls itself for each bracket.
 *
 * @throws GraphQLError for what is no token
 */
export function scan(source: Source, limits: Limits): Excess | undefined {
  const lexer = new Lexer(source);
  let tokens = 0;
  let nesting = 0;
  for (let { kind } = lexer.advance(); kind !== TokenKind.EOF; { kind } = lexer.advance()) {
    tokens += 1;
    if (tokens > limits.tokens) {
      return { measure: 'tokens', limit: limits.tokens, value: tokens };
    }
    if (OPENING.has(kind)) nesting += 1;
    else if (CLOSING.has(kind)) nesting -= 1;
    if (nesting > NESTING) {
      return { measure: 'depth', limit: limits.depth, value: nesting };
    }
  }
  return undefined;
}
