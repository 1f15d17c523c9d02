// Print the regions that spine-core, by the author of libGDX's format, finds in an atlas.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [, , folder, path] = process.argv;
const { TextureAtlas } = await import(pathToFileURL(`${folder}/dist/index.js`).href);
const atlas = new TextureAtlas(readFileSync(path, "utf8"));
const pages = atlas.pages.map((page) => ({ name: page.name, width: page.width, height: page.height,
  filters: [page.minFilter, page.magFilter] }));
const regions = atlas.regions.map((region) => ({ name: region.name, index: region.index,
  box: [region.x, region.y, region.width, region.height] }));
console.log(JSON.stringify({ pages, regions }));
