import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { afterEach, describe, expect, it } from 'vitest';

import { readEmails } from '../../docs/emails.ts';
import { sampleOf } from '../../local/emails/samples.ts';
import { render } from '../../worker/email/render.ts';
import { loadBranding } from '../../worker/email/templates.ts';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

const environment = { product: 'Acme', manageUrl: 'https://acme.example/{id}' };

/** A folder with these files, of which objects are JSON. */
function folderOf(files: Record<string, unknown>): string {
  const folder = mkdtempSync(join(tmpdir(), 'emails-'));
  folders.push(folder);
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    const text = typeof content === 'string' ? content : JSON.stringify(content);
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

const load = (files: Record<string, unknown>) =>
  loadBranding({ ...environment, templates: folderOf(files) });

const COMPLETE =
  '{{ heading }}|{% for p in paragraphs %}{{ p }}|{% endfor %}{{ action }} {{ actionUrl }} {{ manageUrl }} {{ unsubscribeUrl }}';

describe('without a folder', () => {
  it('e-mails are ours', () => {
    expect(loadBranding(environment)).toMatchObject(environment);
  });
});

describe('a folder', () => {
  it('that is empty changes nothing', async () => {
    const email = sampleOf('receipt', 'de');
    expect(await render(email, load({}))).toEqual(await render(email, environment));
  });

  it('has its branding over that of the environment', () => {
    const own = load({ 'branding.json': { product: 'Acme Cloud', colour: '#123456' } });
    expect(own).toMatchObject({
      product: 'Acme Cloud',
      colour: '#123456',
      manageUrl: environment.manageUrl,
    });
  });

  it('has its texts over ours, message by message', async () => {
    const own = load({ 'catalogue/de.json': { receipt: { heading: 'Danke von {product}!' } } });
    const { html, subject } = await render(sampleOf('receipt', 'de-CH'), own);
    expect(html).toContain('Danke von Acme!');
    expect(subject).toContain('Ihr Zahlungsbeleg');
    const english = await render(sampleOf('receipt', 'en'), own);
    expect(english.html).toContain('Thank you for your payment');
  });

  it('may have a locale of a language that we speak', async () => {
    const own = load({ 'catalogue/de-AT.json': { receipt: { heading: 'Servus!' } } });
    expect((await render(sampleOf('receipt', 'de-AT'), own)).html).toContain('Servus!');
    expect((await render(sampleOf('receipt', 'de'), own)).html).not.toContain('Servus!');
  });

  it('may have a language that we do not speak, in part, written from right to left', async () => {
    const own = load({ 'catalogue/ar.json': { receipt: { heading: 'شكرا' } } });
    const { html, locale } = await render(sampleOf('receipt', 'ar'), own);
    expect(locale).toBe('ar');
    expect(html).toContain('dir="rtl"');
    expect(html).toContain('شكرا');
    expect(html).toContain('We have received');
  });

  it('may have layouts with pieces of their own, whose values are escaped', async () => {
    const own = load({
      'layout.html.liquid': `{% render 'partials/top.liquid', product: product %}${COMPLETE}`,
      'partials/top.liquid': '<header>{{ product }}</header>',
      'branding.json': { product: 'A & B' },
    });
    const { html, text } = await render(sampleOf('receipt', 'en'), own);
    expect(html).toMatch(/^<header>A &amp; B<\/header>Thank you for your payment\|/);
    expect(text).toMatch(/^Hello Ada,/);
  });

  it('may have a layout that asks for what is not there this time', async () => {
    const own = load({ 'layout.html.liquid': `${COMPLETE}{{ paragraphs[9] }}{{ logoUrl }}.` });
    expect((await render(sampleOf('receipt', 'en'), own)).html).toMatch(/sub_1 \.$/);
  });

  it('may have other things in it', () => {
    expect(load({ 'README.md': '', '.git/config': '' })).toMatchObject(environment);
  });

  it('the examples of the documentation are good', () => {
    const [branding = '', catalogue = ''] = [...readEmails().matchAll(/```json\n(.*?)```/gs)].map(
      ([, json]) => json!,
    );
    const own = load({ 'branding.json': branding, 'catalogue/en.json': catalogue });
    expect(own).toMatchObject({ colour: '#0b57d0' });
  });
});

describe('a folder that cannot be used stops the worker, which names file, place and remedy', () => {
  it.each<[string, Record<string, unknown>, string]>([
    ['broken JSON', { 'branding.json': '{"product":' }, '- branding.json: is not JSON'],
    ['broken JSON of texts', { 'catalogue/de.json': '{' }, '- catalogue/de.json: is not JSON'],
    ['an unknown field', { 'branding.json': { color: '#fff' } }, '"color"'],
    [
      'a colour that is none',
      { 'branding.json': { colour: 'red' } },
      '- branding.json: colour: must be a colour such as #0b57d0',
    ],
    [
      'a logo that mail programs do not load',
      { 'branding.json': { logoUrl: 'http://acme.example/logo.png' } },
      '- branding.json: logoUrl: must be an https:// URL',
    ],
    [
      'an address that is none',
      { 'branding.json': { supportEmail: 'help' } },
      '- branding.json: supportEmail: must be an e-mail address',
    ],
    [
      'an empty line',
      { 'branding.json': { address: ['Acme', ''] } },
      '- branding.json: address[1]: ',
    ],
    [
      'an unknown e-mail',
      { 'catalogue/de.json': { welcom: {} } },
      '- catalogue/de.json: there is no e-mail welcom; there are welcome, ',
    ],
    [
      'an unknown text',
      { 'catalogue/de.json': { welcome: { titel: 'x' } } },
      '- catalogue/de.json: welcome: Unrecognized key: "titel"',
    ],
    [
      'a message that is none',
      { 'catalogue/de.json': { welcome: { paragraphs: ['ok', '{plan'] } } },
      '- catalogue/de.json: welcome.paragraphs[1]: is not an ICU message: expect argument closing brace at character 1',
    ],
    [
      'a choice without another',
      { 'catalogue/de.json': { welcome: { heading: '{hasAction, select, yes {x}}' } } },
      'welcome.heading: is not an ICU message: missing other clause',
    ],
    [
      'a value that does not exist',
      { 'catalogue/de.json': { welcome: { heading: 'Hallo {nmae}' } } },
      '- catalogue/de.json: welcome.heading: {nmae} does not exist; there are product, plan, ',
    ],
    [
      'a value that does not exist, deep inside',
      {
        'catalogue/de.json': {
          welcome: { heading: '{price, select, none {} other {{hasAction, select, other {{x}}}}}' },
        },
      },
      'welcome.heading: {x} does not exist',
    ],
    [
      'a choice by a value that does not exist',
      { 'catalogue/de.json': { welcome: { heading: '{plam, select, other {}}' } } },
      'welcome.heading: {plam} does not exist',
    ],
    [
      'a value that may be missing, without a word for that',
      { 'catalogue/de.json': { trial_ending: { heading: 'Ende am {trialEnd}' } } },
      'trial_ending.heading: {trialEnd} may not be known; write {trialEnd, select, none {…} other {… {trialEnd} …}}',
    ],
    [
      'a value in the branch where it is missing',
      { 'catalogue/de.json': { frame: { greeting: '{name, select, none {Du {name}} other {}}' } } },
      'frame.greeting: {name} may not be known',
    ],
    [
      'a value that is formatted twice',
      { 'catalogue/de.json': { receipt: { heading: '{amount, number}' } } },
      'receipt.heading: {amount, …} is formatted already; write {amount}',
    ],
    [
      'a plural of nothing',
      { 'catalogue/de.json': { receipt: { heading: '{amount, plural, other {#}}' } } },
      'receipt.heading: {amount, plural, …} counts nothing',
    ],
    [
      'a value of another message',
      { 'catalogue/de.json': { period: '{plan}' } },
      'period: {plan} does not exist; there are interval, count',
    ],
    [
      'a number sign that counts nothing',
      {
        'catalogue/fr.json': {
          period: '{count, plural, other {{interval, select, other {tous les # mois}}}}',
        },
      },
      'period: has a # that is no number inside a select; write {count}',
    ],
    [
      'a brace too many',
      { 'catalogue/de.json': { receipt: { heading: 'Danke {plan}}' } } },
      'receipt.heading: has a brace that belongs to nothing',
    ],
    [
      'an apostrophe that quotes a value',
      { 'catalogue/fr.json': { receipt: { heading: "l'{plan}" } } },
      'receipt.heading: has a brace that belongs to nothing',
    ],
    [
      'a name that is no language',
      { 'catalogue/german!.json': {} },
      '- catalogue/german!.json: name it after a language, pt or pt-BR.json, or remove it',
    ],
    [
      'a language that is written otherwise',
      { 'catalogue/pt_br.json': {} },
      '- catalogue/pt_br.json: name it after a language, pt-BR.json, or remove it',
    ],
    [
      'a misspelt name',
      { 'layout.htm.liquid': '' },
      '- layout.htm.liquid: nothing reads it; rename it to one of branding.json, layout.html.liquid',
    ],
    ['a misspelt folder', { 'catalog/de.json': {} }, '- catalog: nothing reads it'],
    [
      'a layout that is not closed',
      { 'layout.html.liquid': `${COMPLETE}{% if action %}` },
      '- layout.html.liquid: is not a Liquid template: tag {% if action %} not closed, line:1',
    ],
    [
      'an unknown filter',
      { 'layout.text.liquid': `${COMPLETE}{{ product | shout }}` },
      '- layout.text.liquid: is not a Liquid template: undefined filter: shout',
    ],
    [
      'a piece that is not there',
      { 'layout.html.liquid': `${COMPLETE}{% render 'partials/x.liquid' %}` },
      '- layout.html.liquid: is not a Liquid template: ENOENT',
    ],
    [
      'a piece that is not there, by a name that is put together',
      { 'layout.html.liquid': `${COMPLETE}{% assign name = 'x' %}{% render name %}` },
      '- layout.html.liquid: is not a Liquid template: ENOENT',
    ],
    [
      'a value that layouts do not have',
      { 'layout.html.liquid': `${COMPLETE}{{ headng }}` },
      '- layout.html.liquid: {{ headng }} does not exist; there are subject, ',
    ],
    [
      'a layout without a way out of promotional e-mail',
      { 'layout.html.liquid': COMPLETE.replace('{{ unsubscribeUrl }}', '') },
      '- layout.html.liquid: does not use {{ unsubscribeUrl }}',
    ],
  ])('%s', (_, files, message) => {
    expect(() => load(files)).toThrow(message);
  });

  it('all that is wrong is told at once', () => {
    const files = { 'branding.json': { colour: 'red' }, 'catalogue/de.json': { welcom: {} } };
    expect(() => load(files)).toThrow(/branding\.json: colour.*\n- catalogue\/de\.json: /);
  });

  it('a folder that is not there is named with its variable', () => {
    const templates = join(folderOf({}), 'nowhere');
    expect(() => loadBranding({ ...environment, templates })).toThrow(
      `EMAIL_TEMPLATES: ${templates} is no folder that can be read`,
    );
  });
});
