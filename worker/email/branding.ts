import * as z from 'zod';

/** What `branding.json` may say. */
export const BRANDING = z.strictObject({
  product: z.string().trim().min(1).max(100).optional().describe('instead of `PRODUCT_NAME`'),
  logoUrl: z
    .url({ protocol: /^https$/, error: 'must be an https:// URL' })
    .optional()
    .describe('a picture, `https://…`, shown 32 px high instead of the name'),
  colour: z
    .string()
    .regex(/^#[0-9a-f]{6}$/i, 'must be a colour such as #0b57d0')
    .optional()
    .describe('of the button and the line above the text, `#0b57d0`'),
  address: z
    .array(z.string().trim().min(1).max(200))
    .max(8)
    .optional()
    .describe('the lines of your postal address, below the text'),
  supportEmail: z
    .email('must be an e-mail address')
    .optional()
    .describe('where customers write to; they are told so below the text'),
});

const USUAL = '#1f5fd6';

/** The colour of a surface and of what is written on it: black or white, whichever is easier to read. */
export function coloursOf(colour = USUAL): { colour: string; onColour: string } {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((start) => {
    const part = Number.parseInt(colour.slice(start, start + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  const luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  // Contrast as WCAG 2 has it: equal to both at 0.179.
  return { colour, onColour: luminance > 0.179 ? '#000000' : '#ffffff' };
}
