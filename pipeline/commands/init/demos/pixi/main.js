import { AnimatedSprite, Application, Assets, TextureSource } from "pixi.js";

TextureSource.defaultOptions.scaleMode = "nearest";
const app = new Application();
await app.init({ width: 640, height: 400, background: "#253b5c", preference: "webgl" });
document.body.appendChild(app.canvas);
app.stage.scale.set(4);

const src = "assets/hero.anim.web.json";
const sheet = await Assets.load({ src, data: { cachePrefix: "hero/" } });
for (const [x, clip] of [[50, "hero_idle"], [110, "hero_walk"]]) {
  const names = sheet.data.animations[clip];
  const sprite = new AnimatedSprite(sheet.animations[clip].map((texture, i) => (
    { texture, time: sheet.data.frames[names[i]].duration })));
  sprite.position.set(x, 80);
  app.stage.addChild(sprite);
  sprite.play();
}
