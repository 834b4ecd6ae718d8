/** The menu of the template below the map. */
import { element } from "../interface/elements.js";

/** `mapPicture()` gives the map as it is now, as a picture. */
export function startTemplatePanel(template, mapPicture) {
  const field = element("template-field");
  const slider = element("map-opacity");
  element("template-file").addEventListener("click", () => field.click());
  field.addEventListener("change", () => {
    if (field.files[0]) template.set(field.files[0]);
    field.value = ""; // the same file may be chosen again
  });
  element("template-map").addEventListener("click", async () => template.set(await mapPicture()));
  element("template-remove").addEventListener("click", () => template.set(null));
  slider.addEventListener("input", () => template.setMapOpacity(Number(slider.value)));
  template.changed.listen(() => {
    element("template-remove").hidden = !template.blob;
    slider.disabled = !template.blob;
    slider.value = template.mapOpacity;
  });
}
