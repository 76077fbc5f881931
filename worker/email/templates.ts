import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

import * as z from 'zod';

import { EMAIL_TYPES } from '../../workflows/domain/email-types.ts';
import type { EmailConfig } from '../config.ts';
import { BRANDING } from './branding.ts';
import {
  CATALOGUES,
  canonical,
  type Catalogues,
  type Frame,
  type PartialCatalogue,
  type Texts,
} from './catalogue.ts';
import { problemsOf } from './check.ts';
import { LAYOUTS, layoutsIn, OUR_TEMPLATES, problemsOfLayout, type Templates } from './layouts.ts';
import type { Branding } from './render.ts';

const CATALOGUE = 'catalogue';
const BRANDING_FILE = 'branding.json';
/** Where pieces of layouts may be, for `{% render %}`. */
const PARTIALS = 'partials';

/** What goes wrong is collected, so that everything is told at once. */
type Complain = (file: string, problem: string) => void;

/** The branding of the environment, and over it the merchant's own of `EMAIL_TEMPLATES`. Throws an error that names every problem. */
export function loadBranding({
  product,
  manageUrl,
  templates: folder,
}: Pick<EmailConfig, 'product' | 'manageUrl' | 'templates'>): Branding {
  if (folder === undefined) return { product, manageUrl, templates: OUR_TEMPLATES };
  const problems: string[] = [];
  const complain: Complain = (file, problem) => void problems.push(`- ${file}: ${problem}`);
  const files = filesOf(folder);
  for (const file of files.filter(isStray)) {
    complain(file, `nothing reads it; rename it to one of ${known()}, or remove it`);
  }
  const own = files.includes(BRANDING_FILE)
    ? readJson(BRANDING, folder, BRANDING_FILE, complain)
    : undefined;
  const templates: Templates = {
    catalogues: readCatalogues(folder, complain),
    ...readLayouts(folder, files, complain),
  };
  if (problems.length > 0) {
    throw new Error(`EMAIL_TEMPLATES: ${folder} cannot be used as it is.\n${problems.join('\n')}`);
  }
  return { manageUrl, ...own, product: own?.product ?? product, templates };
}

function filesOf(folder: string): string[] {
  try {
    return readdirSync(folder).toSorted();
  } catch (error) {
    throw new Error(
      `EMAIL_TEMPLATES: ${folder} is no folder that can be read; name one, or leave EMAIL_TEMPLATES out`,
      { cause: error },
    );
  }
}

const known = (): string => [BRANDING_FILE, ...Object.values(LAYOUTS), `${CATALOGUE}/`].join(', ');

/** A name that looks as if it was to be read: it is misspelt, and would be missed without a word. */
const isStray = (name: string): boolean =>
  !name.startsWith('.') &&
  /\.(json|liquid)$|^[^.]+$/.test(name) &&
  ![BRANDING_FILE, ...Object.values<string>(LAYOUTS), CATALOGUE, PARTIALS].includes(name);

function readLayouts(
  folder: string,
  files: string[],
  complain: Complain,
): Pick<Templates, 'html' | 'text'> {
  const layouts = layoutsIn(folder);
  for (const [kind, file] of Object.entries(LAYOUTS)) {
    if (!files.includes(file)) continue;
    const problems = problemsOfLayout(layouts[kind as keyof typeof LAYOUTS], file);
    for (const problem of problems) complain(file, problem);
  }
  return layouts;
}

const message = z.string().min(1).optional();
const texts = z.strictObject({
  subject: message,
  heading: message,
  paragraphs: z.array(z.string().min(1)).min(1).optional(),
  action: z.string().optional(),
  manage: message,
} satisfies Record<keyof Texts, z.ZodType>);
const frame = z.strictObject({
  greeting: message,
  manage: message,
  support: z.string().optional(),
  other: message,
  footer: message,
  promotion: message,
  unsubscribe: message,
} satisfies Record<keyof Frame, z.ZodType>);
const ofTypes = Object.fromEntries(EMAIL_TYPES.map((type) => [type, texts.optional()]));

const CATALOGUE_SCHEMA = z.strictObject(
  { ...ofTypes, frame: frame.optional(), period: message },
  {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? `there is no e-mail ${issue.keys.join(', ')}; there are ${EMAIL_TYPES.join(', ')}, and frame and period`
        : undefined,
  },
);

/** Our catalogues with the merchant's messages over them, and those of other languages beside them. */
function readCatalogues(folder: string, complain: Complain): Catalogues {
  const catalogues: Record<string, PartialCatalogue> = { ...CATALOGUES };
  const inner = join(folder, CATALOGUE);
  if (!existsSync(inner)) return catalogues;
  for (const name of readdirSync(inner).toSorted()) {
    if (name.startsWith('.')) continue;
    const file = `${CATALOGUE}/${name}`;
    const locale = name.endsWith('.json') ? canonical(basename(name, '.json')) : undefined;
    if (locale === undefined || `${locale}.json` !== name) {
      complain(file, `name it after a language, ${locale ?? 'pt or pt-BR'}.json, or remove it`);
      continue;
    }
    const own = readJson(CATALOGUE_SCHEMA, folder, file, complain) as PartialCatalogue | undefined;
    if (own === undefined) continue;
    for (const problem of problemsOf(locale, own)) complain(file, problem);
    catalogues[locale] = overlay(catalogues[locale], own);
  }
  return catalogues;
}

/** Message by message. */
function overlay(ours: PartialCatalogue = {}, own: PartialCatalogue): PartialCatalogue {
  const merged = Object.entries(own).map(([key, value]) => {
    const under = ours[key as keyof PartialCatalogue];
    return [key, typeof value === 'string' ? value : { ...(under as object), ...value }];
  });
  return { ...ours, ...Object.fromEntries(merged) } as PartialCatalogue;
}

function readJson<T>(
  schema: z.ZodType<T>,
  folder: string,
  file: string,
  complain: Complain,
): T | undefined {
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(join(folder, file), 'utf8'));
  } catch (error) {
    complain(file, `is not JSON that can be read; correct it: ${(error as Error).message}`);
    return undefined;
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  for (const { path, message: problem } of parsed.error.issues) {
    complain(file, path.length === 0 ? problem : `${z.core.toDotPath(path)}: ${problem}`);
  }
  return undefined;
}
