/** Which drawing a tab begins with. */
import { LabelMap } from "../drawing/label_map.js";
import { fetchScene, scenePath } from "../files/scenes_panel.js";
import { getJson } from "../server/requests.js";

/**
 * The tab's own drawing, or the map that the command line named, or what was drawn last, or a scene.
 * Gives `{ map, model, history, extra, template, from }`; `from` says which it was.
 */
export async function firstDrawing(autosave, inherited, model, startMap) {
  const own = await autosave.load();
  if (own) return { ...own, from: "tab" };
  const copied = inherited && (await autosave.load(inherited));
  if (copied) return { ...copied, from: "copy" };
  const target = { model: model.name, size: `${model.height}x${model.width}` };
  if (startMap) return { map: await fetchScene(startMap, target), from: "given" };
  const newest = await autosave.newestTab();
  const last = newest && (await autosave.load(newest));
  if (last) return { ...last, from: "last" };
  return { map: await firstScene(model, target), from: "scene" };
}

async function firstScene(model, target) {
  const { scenes } = await getJson("/api/scenes");
  if (scenes.length) return fetchScene(scenePath(scenes[0]), target);
  return new LabelMap(model.height, model.width);
}
