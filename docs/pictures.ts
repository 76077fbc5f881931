// `npm run emails:pictures`: takes the pictures of docs/emails.md, and sees to it that every e-mail fits a small telephone.
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import { renderSample } from '../local/emails/samples.ts';
import { launchBrowser } from '../test/support/browser.ts';
import { CATALOGUES } from '../worker/email/catalogue.ts';
import { EMAIL_TYPES } from '../workflows/domain/email-types.ts';
import { shrink } from './png.ts';

const WIDTH = 640;
const SMALLEST = 360;

const browser = await launchBrowser();
try {
  const page = await browser.newPage({ viewport: { width: WIDTH, height: 100 } });
  for (const type of EMAIL_TYPES) {
    await page.setContent((await renderSample(type, 'en')).html);
    const path = fileURLToPath(new URL(`pictures/${type}.png`, import.meta.url));
    const picture = shrink(await page.screenshot({ fullPage: true }));
    await writeFile(path, picture);
    console.log(`${path}: ${picture.length} bytes`);
  }
  await page.setViewportSize({ width: SMALLEST, height: 640 });
  for (const locale of Object.keys(CATALOGUES)) {
    for (const type of EMAIL_TYPES) {
      await page.setContent((await renderSample(type, locale)).html);
      const width = Number(await page.evaluate('document.documentElement.scrollWidth'));
      if (width > SMALLEST)
        throw new Error(`${type} in ${locale} is ${width} px wide on ${SMALLEST}`);
    }
  }
  console.log(`every e-mail fits ${SMALLEST} px in ${Object.keys(CATALOGUES).join(', ')}`);
} finally {
  await browser.close();
}
