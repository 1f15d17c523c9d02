// Print what ase-parser, a reader of others, finds in a binary .aseprite file.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const [, , folder, path] = process.argv;
const Aseprite = createRequire(import.meta.url)(folder);
const file = new Aseprite(readFileSync(path), "sheet.aseprite");
file.parse();
const decode = (data, width) => {
  let number = 0;
  for (let bit = 0; bit < 4; bit++) if (data[(7 * width + 5 + 2 * bit) * 4] > 128) number += 1 << bit;
  return number;
};
console.log(JSON.stringify({
  size: [file.width, file.height],
  depth: file.colorDepth,
  durations: file.frames.map((frame) => frame.frameDuration),
  bytes: file.frames.map((frame) => frame.cels[0].rawCelData.length),
  numbers: file.frames.map((frame) => decode(frame.cels[0].rawCelData, file.width)),
  tags: file.tags.map((tag) => ({ name: tag.name, from: tag.from, to: tag.to, repeat: tag.repeat,
    direction: tag.animDirection })),
  pivot: file.slices[0].keys[0].pivot,
  layers: file.layers.map((layer) => layer.name),
  colors: file.palette.colors.length,
}));
