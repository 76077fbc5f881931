import { EMAIL_RULES } from '../../workflows/domain/email-types.ts';
import type { Email } from '../../workflows/domain/emails.ts';
import { coloursOf } from './branding.ts';
import { languageFor, type PartialCatalogue } from './catalogue.ts';
import { LAYOUTS, OUR_TEMPLATES, type LAYOUT_VALUES, type Templates } from './layouts.ts';
import { valuesOf } from './values.ts';

/** What the merchant's e-mails have in common. */
export interface Branding {
  product: string;
  /** Where a customer manages the subscription; `{id}` stands for the subscription's id. */
  manageUrl: string;
  /** Stands above the text instead of the product's name. */
  logoUrl?: string | undefined;
  /** Of the button and the line above the text, `#rrggbb`. */
  colour?: string | undefined;
  /** The lines of the postal address below the text. */
  address?: string[] | undefined;
  supportEmail?: string | undefined;
  /** The merchant's own texts and layouts over ours. */
  templates?: Templates;
}

export interface RenderedEmail {
  subject: string;
  html: string;
  text: string;
  locale: string;
}

interface WayOut {
  /** Where the recipient refuses further promotional e-mail; such mail needs it, the other has no use for it. */
  unsubscribeUrl?: string | undefined;
}

/** Subject, HTML and text of an e-mail in the language of its recipient. */
export async function render(
  email: Email,
  branding: Branding,
  { unsubscribeUrl }: WayOut = {},
): Promise<RenderedEmail> {
  const isOfJob = email.kind !== undefined;
  const isPromotion = EMAIL_RULES[email.type].stream === 'marketing';
  if (isPromotion && unsubscribeUrl === undefined) {
    throw new Error(`${email.type} is promotional and cannot go out without an unsubscribe URL`);
  }
  const { html, text, catalogues } = branding.templates ?? OUR_TEMPLATES;
  const { product, supportEmail, logoUrl, address, colour } = branding;
  const { locale, say, sayAll } = languageFor(catalogues, email.to.locale);
  const { type, subscription, data } = email;
  const actionUrl = webAddress(data.actionUrl);
  const surroundings = { product, supportEmail, locale, hasAction: actionUrl !== undefined };
  const { interval = 'month', intervalCount: count = 1 } = data.plan ?? {};
  const period = say((texts) => texts.period, { interval, count });
  const values = { ...valuesOf(email, surroundings), period };
  const tell = (pick: (texts: PartialCatalogue) => string | undefined): string => say(pick, values);
  const paragraphs = sayAll((texts) => texts[type]?.paragraphs, values).filter(Boolean);
  const manageUrl = branding.manageUrl.replaceAll(
    /\{id\}|%7Bid%7D/gi,
    encodeURIComponent(subscription),
  );
  const scope = {
    locale,
    dir: new Intl.Locale(locale).getTextInfo().direction,
    product,
    logoUrl: logoUrl ?? null,
    ...coloursOf(colour),
    subject: tell((texts) => texts[type]?.subject),
    preview: paragraphs[0] ?? null,
    heading: tell((texts) => texts[type]?.heading),
    greeting: tell((texts) => texts.frame?.greeting),
    paragraphs,
    action: tell((texts) => texts[type]?.action),
    actionUrl: actionUrl ?? manageUrl,
    // Whoever has an order or a decision to make has no subscription to manage.
    manage: isOfJob ? '' : tell((texts) => texts[type]?.manage ?? texts.frame?.manage),
    manageUrl,
    support: tell((texts) => texts.frame?.support),
    supportEmail: supportEmail ?? null,
    address: address ?? [],
    footer: tell(({ frame }) =>
      isPromotion ? frame?.promotion : isOfJob ? frame?.other : frame?.footer,
    ),
    unsubscribe: tell((texts) => texts.frame?.unsubscribe),
    unsubscribeUrl: (isPromotion && unsubscribeUrl) || null,
  } satisfies Record<keyof typeof LAYOUT_VALUES, unknown>;
  return {
    locale,
    subject: scope.subject,
    html: (await html.renderFile(LAYOUTS.html, scope)) as string,
    text: ((await text.renderFile(LAYOUTS.text, scope)) as string).trim() + '\n',
  };
}

/** What comes from outside is only followed if it leads to the web. */
const webAddress = (url: string | undefined): string | undefined =>
  url !== undefined && /^https?:\/\//i.test(url) ? url : undefined;
