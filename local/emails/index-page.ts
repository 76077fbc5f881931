import { Liquid } from 'liquidjs';

/** One e-mail of the preview; `path` is that of its files without their ending. */
export interface Page {
  type: string;
  locale: string;
  subject: string;
  path: string;
}

const TEMPLATE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>E-mails</title>
    <style>
      body { margin: 2rem; font-family: system-ui, sans-serif; background: #fff; color: #1f2328 }
      section > div { display: flex; gap: 1rem; overflow-x: auto; padding-bottom: 1rem }
      figure { margin: 0; flex: 0 0 360px }
      figcaption { min-height: 3.6em; line-height: 1.2; font-size: 0.9rem }
      iframe { width: 358px; height: 640px; border: 1px solid #d4d4d0 }
    </style>
  </head>
  <body>
    <h1>E-mails</h1>
    {%- for section in sections %}
    <section>
      <h2>{{ section.name }}</h2>
      <div>
        {%- for page in section.items %}
        <figure>
          <figcaption>
            {{ page.locale }}: <a href="{{ page.path }}.html">HTML</a>, <a href="{{ page.path }}.txt">text</a><br>
            <b lang="{{ page.locale }}">{{ page.subject }}</b>
          </figcaption>
          <iframe src="{{ page.path }}.html" title="{{ page.type }}, {{ page.locale }}" loading="lazy"></iframe>
        </figure>
        {%- endfor %}
      </div>
    </section>
    {%- endfor %}
  </body>
</html>
`;

/** One page that shows all of them, a row for each type. */
export async function renderIndex(pages: Page[]): Promise<string> {
  const types = [...new Set(pages.map(({ type }) => type))];
  const sections = types.map((name) => ({
    name,
    items: pages.filter(({ type }) => type === name),
  }));
  const engine = new Liquid({ outputEscape: 'escape' });
  return (await engine.parseAndRender(TEMPLATE, { sections })) as string;
}
