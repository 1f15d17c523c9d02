// Check the files of a GameMaker package with the schemas of its makers' community; print facts.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [folder, root, ...sprites] = process.argv.slice(2);
const { Yy } = await import(pathToFileURL(join(folder, "dist", "index.js")).href);
const read = (path) => readFileSync(join(root, path), "utf8");
const project = Yy.parse(read("hero.yyp"), "project");
const found = sprites.map((path) => {
  const raw = JSON.parse(read(path));
  const sprite = Yy.parse(read(path), "sprites");
  const plain = (value) => Number(value?.value ?? value);
  return {
    name: sprite.name,
    frames: sprite.frames.map((frame) => frame.name),
    layers: sprite.layers.map((layer) => layer.name),
    speed: plain(sprite.sequence.playbackSpeed),
    kind: sprite.sequence.playbackSpeedType,
    playback: sprite.sequence.playback,
    origin: [sprite.origin, plain(sprite.sequence.xorigin), plain(sprite.sequence.yorigin)],
    size: [sprite.width, sprite.height],
    // The schema's reader counts keys anew: what we wrote is read plainly.
    keys: raw.sequence.tracks[0].keyframes.Keyframes.map((key) => [key.Key, key.Length]),
    shown: sprite.sequence.tracks[0].keyframes.Keyframes.map((key) => key.Channels["0"].Id.name),
    length: raw.sequence.length,
  };
});
console.log(JSON.stringify({ resources: project.resources.map((one) => one.id), sprites: found }));
