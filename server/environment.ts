// Imported before anything of PostGraphile, which reads this when it is loaded: without it, it warns, and checks at each
// step what the tests check already.
process.env['GRAPHILE_ENV'] ??= 'production';
