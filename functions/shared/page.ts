import { createHash } from 'node:crypto';

import type { HttpResult } from './http.ts';

interface Page {
  title: string;
  paragraphs: readonly string[];
  /** The label of a button that posts to where the page is, and what it posts. */
  button?: { label: string; name: string; value: string };
}

const STYLE = `
:root { color-scheme: light dark }
body { font: 1.125rem/1.5 system-ui, sans-serif; max-width: 34rem; margin: 0 auto; padding: 2rem 1rem }
h1 { font-size: 1.5rem; line-height: 1.25 }
button { font: inherit; font-weight: 600; padding: .75rem 1.5rem; border: 0; border-radius: .375rem; color: #fff; background: #0b57d0 }
button:focus-visible { outline: 3px solid; outline-offset: 3px }
`;

/** Nothing may run, load, frame, or be kept, and nobody else learns the address, which is a key. */
const HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': [
    `default-src 'none'`,
    `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
    `form-action 'self'`,
    `base-uri 'none'`,
    `frame-ancestors 'none'`,
  ].join('; '),
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-robots-tag': 'noindex, nofollow',
};

/** A page for a person, of constant texts only: nothing is escaped. */
export const page = (
  statusCode: number,
  { title, paragraphs, button }: Page,
  headers: Record<string, string> = {},
): HttpResult => ({
  statusCode,
  headers: { ...HEADERS, ...headers },
  body: `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex, nofollow">
<title>${title}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${title}</h1>
${paragraphs.map((paragraph) => `<p>${paragraph}</p>`).join('\n')}
${button ? form(button) : ''}
</main>
</body>
</html>
`,
});

const form = ({ label, name, value }: NonNullable<Page['button']>): string =>
  `<form method="post"><input type="hidden" name="${name}" value="${value}"><button type="submit">${label}</button></form>`;
