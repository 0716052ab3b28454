/**
 * Fills `${UPPER_CASE}` placeholders; nginx's own `$variables` are left alone.
 * Throws on a placeholder without a value.
 */
export function renderTemplate(text: string, values: Readonly<Record<string, string>>): string {
  return text.replace(/\$\{([A-Z][A-Z0-9_]*)\}/g, (placeholder, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`no value for the placeholder ${placeholder}`);
    return value;
  });
}
