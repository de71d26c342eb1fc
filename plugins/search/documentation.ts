import { gql } from 'postgraphile/utils';

/** The types and fields of the search. */
export const searchTypes = gql`
  """
  By what something was found.
  """
  enum SearchMatch {
    """
    By its words and by its meaning.
    """
    BOTH
    WORDS
    MEANING
    """
    By exactly this code, number or e-mail address.
    """
    CODE
    """
    By a title that is spelled like the query.
    """
    SPELLING
  }

  """
  Something that was found.
  """
  type SearchHit {
    """
    The type of what was found, such as Project; Document for what the organization's users have put into the search.
    """
    type: String!
    """
    Its id; of a Document, too.
    """
    rowId: UUID!
    """
    Where a Document belongs; null for rows.
    """
    namespace: String
    """
    How its users call a Document; null for rows.
    """
    key: String
    title: String!
    """
    The part that fits, as HTML in which everything is escaped but <mark>, which is around the words that match.
    """
    snippet: String!
    matchedBy: SearchMatch!
    """
    Greater is better; compare within one search only.
    """
    score: Float!
    """
    Its place among those that were found by words, from 1.
    """
    textRank: Int
    """
    How well its words fit.
    """
    textScore: Float
    """
    Its place among the nearest by meaning, from 1.
    """
    vectorRank: Int
    """
    The cosine similarity of its nearest part, 1 at most.
    """
    similarity: Float
    """
    What came with a Document.
    """
    metadata: JSON
    """
    The row itself: ask for its fields with \`... on Project { … }\`. Null for a Document.
    """
    entity: Node
  }

  """
  What a search has found: only what the caller may see.
  """
  type SearchResult {
    """
    The best first; those that are equally good are always in the same order.
    """
    hits: [SearchHit!]!
    """
    Whether there is more: ask again with a greater offset.
    """
    hasNextPage: Boolean!
    """
    Whether meaning was looked at. False where nothing is to be embedded, or what embeds does not answer: then it is words alone.
    """
    searchedMeaning: Boolean!
  }

  extend type Query {
    """
    What fits a question or some words, of everything that the caller may see: by words, with those first that have all of
    them, and by meaning, both lists merged (reciprocal rank fusion). In the query, "quotes" keep words together, - leaves out
    what has a word, or allows either. Errors: UNAUTHENTICATED, INVALID_INPUT.
    """
    hybridSearch(
      """
      At most 4000 characters.
      """
      query: String!
      """
      Types to look at, such as ["Project", "Lead"]; Document for the users' own. All, when nothing is said.
      """
      types: [String!]
      """
      One namespace of the users' own.
      """
      namespace: String
      """
      How many, 1 to 100.
      """
      first: Int = 20
      """
      How many to leave out from the start, at most 5000.
      """
      offset: Int = 0
      """
      The least cosine similarity of what is found by meaning, -1 to 1. What suits the model, when nothing is said.
      """
      threshold: Float
      """
      How much words count, against meaning; 0 leaves them out.
      """
      textWeight: Float = 1
      vectorWeight: Float = 1
    ): SearchResult

    """
    What fits what somebody is typing: exactly this code, number or e-mail address first, then all of the words, of which the last
    may not be finished, then titles that are spelled like it. Errors: UNAUTHENTICATED, INVALID_INPUT.
    """
    globalSearch(
      query: String!
      """
      Types to look at, such as ["Project", "Lead"]. All, when nothing is said.
      """
      types: [String!]
      """
      How many, 1 to 100.
      """
      first: Int = 20
      """
      How many to leave out from the start, at most 5000.
      """
      offset: Int = 0
    ): SearchResult
  }
`;
