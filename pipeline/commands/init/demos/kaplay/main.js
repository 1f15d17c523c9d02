import kaplay from "kaplay";

const k = kaplay({ width: 160, height: 100, scale: 4, crisp: true, background: "#253b5c", global: false });
const json = "assets/hero.anim.kaplay.json";
k.loadAseprite("hero", "assets/hero.anim.png", json);
const { meta } = await (await fetch(json)).json();
const pivot = meta.slices[0].keys[0];

k.onLoad(() => {
  for (const [x, clip] of [[50, "idle"], [110, "walk"]]) {
    const tag = meta.frameTags.find((one) => one.name === clip);
    // KAPLAY's anchor runs from -1 to 1.
    const anchor = k.vec2(2 * pivot.pivot.x / pivot.bounds.w - 1, 2 * pivot.pivot.y / pivot.bounds.h - 1);
    const thing = k.add([k.sprite("hero"), k.pos(x, 80), k.anchor(anchor)]);
    thing.play(clip, { speed: tag.speed, loop: tag.loop });
  }
});
