const longestPattern = 1_024;

/**
 * Which groups count, by a regular expression in Go's syntax, as with Harbor. Its time grows with the length of a name and
 * not beyond, whatever the expression.
 * @param pattern empty: every group
 * @returns a condition that nothing meets when the expression cannot be read
 */
export async function groupFilter(pattern: string): Promise<(name: string) => boolean> {
  if (pattern === '') return () => true;
  // Needed where groups are filtered only.
  const { RE2JS, RE2JSException } = await import('re2js');
  try {
    if (pattern.length > longestPattern) return () => false;
    const expression = RE2JS.compile(pattern);
    return (name) => expression.matcher(name).find();
  } catch (error) {
    if (error instanceof RE2JSException) return () => false;
    throw error;
  }
}
