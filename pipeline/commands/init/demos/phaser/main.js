import Phaser from "phaser";

class Stage extends Phaser.Scene {
  preload() {
    this.load.aseprite("hero", "assets/hero.anim.png", "assets/hero.anim.web.json");
  }

  create() {
    this.anims.createFromAseprite("hero");
    for (const [x, clip] of [[50, "idle"], [110, "walk"]]) {
      this.add.sprite(x, 80, "hero").play({ key: `hero_${clip}`, repeat: -1 });
    }
  }
}

new Phaser.Game({
  type: Phaser.AUTO, width: 160, height: 100, zoom: 4, pixelArt: true,
  backgroundColor: "#253b5c", scene: Stage, banner: false,
});
