// `npm run emails [-- --templates <folder>] [--out <folder>]`: writes every e-mail in every language, to be looked at.
import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

import { CATALOGUES } from '../../worker/email/catalogue.ts';
import { loadBranding } from '../../worker/email/templates.ts';
import { EMAIL_TYPES } from '../../workflows/domain/email-types.ts';
import { renderIndex, type Page } from './index-page.ts';
import { renderSample, SAMPLE_BRANDING } from './samples.ts';

const { values } = parseArgs({
  options: {
    templates: { type: 'string', default: process.env['EMAIL_TEMPLATES'] },
    out: { type: 'string', default: 'dist/emails' },
  },
});
const out = resolve(values.out);
const templates = values.templates === undefined ? undefined : resolve(values.templates);
const branding = {
  ...(templates === undefined && SAMPLE_BRANDING),
  ...loadBranding({ ...SAMPLE_BRANDING, templates }),
};
const locales = Object.keys(branding.templates?.catalogues ?? CATALOGUES).toSorted();

const pages: Page[] = [];
for (const locale of locales) {
  await mkdir(join(out, locale), { recursive: true });
  for (const type of EMAIL_TYPES) {
    const { subject, html, text } = await renderSample(type, locale, branding);
    const page = { type, locale, subject, path: `${locale}/${type}` };
    await writeFile(join(out, `${page.path}.html`), html);
    await writeFile(join(out, `${page.path}.txt`), `${subject}\n\n${text}`);
    pages.push(page);
  }
}
await writeFile(join(out, 'index.html'), await renderIndex(pages));
console.log(
  `${EMAIL_TYPES.length} e-mails in ${locales.join(', ')}, each as .html and .txt\n${join(out, 'index.html')} shows them all`,
);
