import { fileURLToPath } from 'node:url';

import { Liquid } from 'liquidjs';

import { CATALOGUES, type Catalogues } from './catalogue.ts';

/** The texts and layouts of all e-mails. */
export interface Templates {
  catalogues: Catalogues;
  html: Liquid;
  text: Liquid;
}

/** The files that an e-mail is put together from. */
export const LAYOUTS = { html: 'layout.html.liquid', text: 'layout.text.liquid' } as const;

/** What a layout may show, all of it text that is formatted already; what there is none of is null or empty. */
export const LAYOUT_VALUES = {
  subject: 'the subject',
  locale: 'the language, `de-AT`',
  dir: '`ltr` or `rtl`, the direction that it is written in',
  preview: 'the beginning of the text, for the list of an inbox',
  product: 'the name of your product',
  logoUrl: 'from `branding.json`',
  colour: 'from `branding.json`, or ours',
  onColour: 'black or white, whichever can be read on `colour`',
  heading: 'the heading',
  greeting: '`Hello Ada,`',
  paragraphs: 'list of paragraphs',
  action: 'what the button says; empty for an e-mail without one',
  actionUrl: 'where the button leads',
  manage: '`Manage or cancel your subscription`; empty where there is none',
  manageUrl: 'where that leads',
  support: 'the sentence with `supportEmail`',
  supportEmail: 'from `branding.json`',
  address: 'list of lines, from `branding.json`',
  footer: 'why the customer gets this e-mail',
  unsubscribe: '`Unsubscribe from such e-mails`',
  unsubscribeUrl: 'where that leads; null except in promotional e-mail',
} as const;

/** What an e-mail is not complete without. */
const INDISPENSABLE = [
  'paragraphs',
  'action',
  'actionUrl',
  'manageUrl',
  'unsubscribeUrl',
] as const satisfies (keyof typeof LAYOUT_VALUES)[];

const OURS = fileURLToPath(new URL('.', import.meta.url));

/** Layouts of the folder, and ours where it has none. Values never become markup, unless a layout asks for that by `raw`. */
export function layoutsIn(folder?: string): Pick<Templates, 'html' | 'text'> {
  const root = folder === undefined ? [OURS] : [folder, OURS];
  const options = {
    root,
    cache: true,
    strictFilters: true,
  };
  return {
    html: new Liquid({ ...options, outputEscape: 'escape' }),
    text: new Liquid(options),
  };
}

/** What is wrong with a layout. */
export function problemsOfLayout(engine: Liquid, file: string): string[] {
  let used: string[];
  try {
    used = engine.globalVariablesSync(engine.parseFileSync(file));
    engine.renderFileSync(file, { ...LAYOUT_VALUES, paragraphs: ['…'], address: ['…'] });
  } catch (error) {
    return [`is not a Liquid template: ${(error as Error).message.replace(/, file:.*?, /, ', ')}`];
  }
  const there = Object.keys(LAYOUT_VALUES).join(', ');
  return [
    ...used
      .filter((name) => !Object.hasOwn(LAYOUT_VALUES, name))
      .map((name) => `{{ ${name} }} does not exist; there are ${there}`),
    ...INDISPENSABLE.filter((name) => !used.includes(name)).map(
      (name) => `does not use {{ ${name} }}, which is ${LAYOUT_VALUES[name]}; add it`,
    ),
  ];
}

export const OUR_TEMPLATES: Templates = { catalogues: CATALOGUES, ...layoutsIn() };
