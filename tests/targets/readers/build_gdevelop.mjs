// Put our object into a project, let GDevelop's own core load and export it; print what it holds.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [folder, root, object, out] = process.argv.slice(2);
const { gd, loadProject, exportProject } = await import(pathToFileURL(join(folder, "src", "index.mjs")).href);
const ours = JSON.parse(readFileSync(join(root, object), "utf8"));
const code = `const hero = () => runtimeScene.getObjects("${ours.object.name}")[0]; window.__hero = hero; window.__scene = runtimeScene;`;
const project = {
  firstLayout: "Scene", gdVersion: { build: 0, major: 5, minor: 6, revision: 0 },
  properties: { name: "t", version: "1.0.0", windowWidth: 64, windowHeight: 64, folderProject: false,
    packageName: "t.t.t", maxFPS: 60, minFPS: 20, scaleMode: "nearest", sizeOnStartupMode: "",
    platforms: [{ name: "GDevelop JS platform" }], currentPlatform: "GDevelop JS platform", extensionProperties: [] },
  resources: { resources: ours.resources, resourceFolders: [] },
  objects: [], objectsGroups: [], variables: [], externalEvents: [], eventsFunctionsExtensions: [],
  externalLayouts: [], externalSourceFiles: [],
  layouts: [{ name: "Scene", mangledName: "Scene", r: 1, v: 2, b: 3, stopSoundsOnStartup: true, title: "",
    standardSortMethod: true, disableInputWhenNotFocused: false, uiSettings: {}, objectsGroups: [], variables: [],
    instances: [{ angle: 0, customSize: false, height: 0, layer: "", name: ours.object.name, persistentUuid: "a",
      width: 0, x: 8, y: 24, zOrder: 1, numberProperties: [], stringProperties: [], initialVariables: [] }],
    objects: [ours.object],
    events: [{ type: "BuiltinCommonInstructions::JsCode", inlineCode: code, parameterObjects: "",
      useStrict: true, eventsSheetExpanded: false }],
    layers: [{ name: "", visibility: true, ambientLightColorB: 0, ambientLightColorG: 0, ambientLightColorR: 0,
      cameras: [{ defaultSize: true, defaultViewport: true, height: 0, width: 0, viewportBottom: 1, viewportLeft: 0,
        viewportRight: 1, viewportTop: 0 }], effects: [] }],
    behaviorsSharedData: [] }],
};
writeFileSync(join(root, "game.json"), JSON.stringify(project));
const loaded = await loadProject(join(root, "game.json"));
const sprite = gd.asSpriteConfiguration(loaded.getLayout("Scene").getObjects().getObject(ours.object.name).getConfiguration());
const all = sprite.getAnimations();
const animations = [...Array(all.getAnimationsCount()).keys()].map((i) => {
  const animation = all.getAnimation(i), direction = animation.getDirection(0);
  const origin = direction.getSprite(0).getOrigin();
  return { name: animation.getName(), loop: direction.isLooping(), seconds: direction.getTimeBetweenFrames(),
    images: [...Array(direction.getSpritesCount()).keys()].map((n) => direction.getSprite(n).getImageName()),
    origin: [origin.getX(), origin.getY()] };
});
exportProject(loaded, out);
console.log("FOUND " + JSON.stringify({ animations }));
process.exit(0);
