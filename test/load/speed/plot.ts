import { isLessBetter, rounded, type CaseResult, type Figures } from './measurement.ts';

const [labelWidth, barWidth, rowHeight, margin] = [330, 420, 16, 12];
const ownColour = '#2563eb';
const otherColour = '#94a3b8';

const escaped = (text: string): string => text.replace(/[&<>]/g, (letter) => `&#${letter.charCodeAt(0)};`);

/** Every comparison as bars, the best one as long as there is room; a thin line reaches from the worst round to the best. */
export function plot(cases: readonly CaseResult[]): string {
  let y = margin;
  const parts: string[] = [];
  for (const result of cases.filter(({ figures }) => figures.length > 1)) {
    const note = isLessBetter(result.unit) ? ', less is better' : '';
    parts.push(text(margin, y + 12, `${result.title}, ${result.unit}${note}`, 'font-weight="bold"'));
    y += rowHeight + 2;
    const most = Math.max(...result.figures.flatMap(({ figures }) => figures));
    for (const figures of result.figures) {
      parts.push(bar(figures, y, barWidth / most));
      y += rowHeight;
    }
    y += margin;
  }
  const width = labelWidth + barWidth + 100;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${y}" font-family="sans-serif" font-size="12">`,
    '<rect width="100%" height="100%" fill="white"/>',
    ...parts,
    '</svg>',
    '',
  ].join('\n');
}

function bar({ name, figures, median }: Figures, y: number, scale: number): string {
  const [from, to] = [Math.min(...figures), Math.max(...figures)].map((figure) => labelWidth + figure * scale);
  const colour = name.startsWith('Haven') ? ownColour : otherColour;
  const middle = y + rowHeight / 2 - 1;
  return [
    text(labelWidth - 8, y + 11, name, 'text-anchor="end"'),
    `<rect x="${labelWidth}" y="${y}" width="${(median * scale).toFixed(1)}" height="${rowHeight - 3}" fill="${colour}"/>`,
    `<path d="M${from?.toFixed(1) ?? ''} ${middle}H${to?.toFixed(1) ?? ''}" stroke="#0f172a"/>`,
    text(labelWidth + barWidth + 8, y + 11, rounded(median)),
  ].join('');
}

const text = (x: number, y: number, words: string, attributes = ''): string =>
  `<text x="${x}" y="${y}" ${attributes}>${escaped(words)}</text>`;
