import { crc32, deflateSync, inflateSync } from 'node:zlib';

const SIGNATURE = Buffer.from('89504e470d0a1a0a', 'hex');
const CHANNELS = 3;
const MAX_COLOURS = 256;

interface Picture {
  width: number;
  height: number;
  /** Red, green and blue of each pixel, row by row. */
  pixels: Buffer;
}

/** A browser's screenshot with a palette of its 256 commonest colours: for text a third of the bytes and the same to the eye. */
export function shrink(screenshot: Buffer): Buffer {
  const { width, height, pixels } = decode(screenshot);
  const colourAt = (index: number): number => pixels.readUIntBE(index * CHANNELS, CHANNELS);
  const counts = new Map<number, number>();
  for (let index = 0; index < width * height; index++) {
    counts.set(colourAt(index), (counts.get(colourAt(index)) ?? 0) + 1);
  }
  const all = [...counts].toSorted(([, a], [, b]) => b - a).map(([colour]) => colour);
  const palette = all.slice(0, MAX_COLOURS);
  const entries = new Map(all.map((colour) => [colour, nearest(palette, colour)]));
  const rows = Buffer.alloc((width + 1) * height);
  for (let index = 0; index < width * height; index++) {
    rows[index + Math.floor(index / width) + 1] = entries.get(colourAt(index))!;
  }
  const header = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 8, 3, 0, 0, 0]);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  const colours = Buffer.alloc(palette.length * CHANNELS);
  palette.forEach((colour, index) => colours.writeUIntBE(colour, index * CHANNELS, CHANNELS));
  return Buffer.concat([
    SIGNATURE,
    chunk('IHDR', header),
    chunk('PLTE', colours),
    chunk('IDAT', deflateSync(rows, { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** The place in the palette of the colour that is most like this one. */
function nearest(palette: number[], colour: number): number {
  const distance = (other: number): number =>
    [16, 8, 0].reduce(
      (sum, shift) => sum + (((colour >> shift) & 255) - ((other >> shift) & 255)) ** 2,
      0,
    );
  const distances = palette.map(distance);
  return distances.indexOf(Math.min(...distances));
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const framed = Buffer.alloc(body.length + 8);
  framed.writeUInt32BE(data.length, 0);
  body.copy(framed, 4);
  framed.writeUInt32BE(crc32(body), body.length + 4);
  return framed;
}

/** Reads what Chromium writes: 8 bits for each of three channels. */
function decode(png: Buffer): Picture {
  const parts: Buffer[] = [];
  for (let at = SIGNATURE.length; at < png.length; at += png.readUInt32BE(at) + 12) {
    const isData = png.toString('latin1', at + 4, at + 8) === 'IDAT';
    if (isData) parts.push(png.subarray(at + 8, at + 8 + png.readUInt32BE(at)));
  }
  const [width, height, kind] = [png.readUInt32BE(16), png.readUInt32BE(20), png.readUInt16BE(24)];
  if (kind !== 0x0802) throw new Error(`a screenshot of kind ${kind} instead of 8-bit RGB`);
  const lines = inflateSync(Buffer.concat(parts));
  const stride = width * CHANNELS;
  const pixels = Buffer.alloc(stride * height);
  for (let y = 0; y < height; y++) {
    const filter = lines[y * (stride + 1)]!;
    for (let x = 0; x < stride; x++) {
      const at = y * stride + x;
      const left = x < CHANNELS ? 0 : pixels[at - CHANNELS]!;
      const above = y === 0 ? 0 : pixels[at - stride]!;
      const corner = x < CHANNELS || y === 0 ? 0 : pixels[at - stride - CHANNELS]!;
      pixels[at] = lines[at + y + 1]! + predict(filter, left, above, corner);
    }
  }
  return { width, height, pixels };
}

/** The five filters of PNG, which foretell a byte from its neighbours. */
function predict(filter: number, left: number, above: number, corner: number): number {
  switch (filter) {
    case 0:
      return 0;
    case 1:
      return left;
    case 2:
      return above;
    case 3:
      return (left + above) >> 1;
    case 4: {
      const guess = left + above - corner;
      const [toLeft, toAbove, toCorner] = [left, above, corner].map((value) =>
        Math.abs(guess - value),
      ) as [number, number, number];
      if (toLeft <= toAbove && toLeft <= toCorner) return left;
      return toAbove <= toCorner ? above : corner;
    }
    default:
      throw new Error(`PNG has no filter ${filter}`);
  }
}
