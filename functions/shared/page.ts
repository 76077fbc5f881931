import { createHash } from 'node:crypto';

// Named otherwise, or it would be formatted, and white space counts.
import { html as markup, raw } from 'hono/html';

import type { HttpResult } from './http.ts';

/** A page for a person; whatever it is made of, it is text. */
export interface Page {
  title: string;
  paragraphs: readonly string[];
  /** What is known, each under its name. */
  facts?: readonly (readonly [name: string, value: string])[];
  /** Each posts to where the page is. */
  forms?: readonly Form[];
}

/** One button with what it posts, and perhaps a text to go with it. */
export interface Form {
  label: string;
  name: string;
  value: string;
  field?: TextField;
}

/** A text that has to be given. */
export interface TextField {
  name: string;
  label: string;
  maxLength: number;
  /** What was given before, and what is wrong with it. */
  text?: string;
  problem?: string;
}

const STYLE = `
:root { color-scheme: light dark }
body { font: 1.125rem/1.5 system-ui, sans-serif; max-width: 34rem; margin: 0 auto; padding: 2rem 1rem; overflow-wrap: anywhere }
h1 { font-size: 1.5rem; line-height: 1.25 }
dt { font-weight: 600 }
dd { margin: 0 0 1rem; white-space: pre-line }
form { margin: 1.5rem 0 }
label { display: block; font-weight: 600 }
textarea { font: inherit; box-sizing: border-box; width: 100%; padding: .5rem; margin: .25rem 0 .75rem }
button { font: inherit; font-weight: 600; padding: .75rem 1.5rem; border: 0; border-radius: .375rem; color: #fff; background: #0b57d0 }
button:focus-visible, textarea:focus-visible { outline: 3px solid; outline-offset: 3px }
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

type Markup = ReturnType<typeof markup>;

/** As it is, or its hash would be another one. */
const STYLE_TAG = raw(`<style>${STYLE}</style>`);

export const page = (
  statusCode: number,
  { title, paragraphs, facts = [], forms = [] }: Page,
  headers: Record<string, string> = {},
): HttpResult => ({
  statusCode,
  headers: { ...HEADERS, ...headers },
  body: asText(markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex, nofollow">
<title>${title}</title>
${STYLE_TAG}
</head>
<body>
<main>
<h1>${title}</h1>
${paragraphs.map((paragraph) => markup`<p>${paragraph}</p>\n`)}${list(facts)}${forms.map(form)}
</main>
</body>
</html>
`),
});

function list(facts: NonNullable<Page['facts']>): Markup {
  if (facts.length === 0) return markup``;
  return markup`<dl>\n${facts.map(([name, value]) => markup`<dt>${name}</dt><dd>${value}</dd>\n`)}</dl>\n`;
}

const form = ({ label, name, value, field }: Form): Markup =>
  markup`<form method="post"><input type="hidden" name="${name}" value="${value}">${field && textArea(field)}<button type="submit">${label}</button></form>\n`;

function textArea({ name, label, maxLength, text = '', problem }: TextField): Markup {
  const complaint = problem && markup`<p id="${name}-problem" role="alert">${problem}</p>`;
  const marks = problem && markup` aria-invalid="true" aria-describedby="${name}-problem"`;
  return markup`<label for="${name}">${label}</label>${complaint}<textarea id="${name}" name="${name}" rows="3" maxlength="${maxLength}" required${marks}>${text}</textarea>`;
}

/** Nothing in it has to be waited for. */
const asText = (whole: Markup): string => (whole as Awaited<Markup>).toString();
