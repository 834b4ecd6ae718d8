/** What another model means for the drawing: its classes have other numbers, and it may want another size. */

export class ModelChoice {
  constructor({ models, selected }) {
    this.models = models;
    this.selected = selected;
  }

  /** The model of a name; one that is gone is the server's choice. */
  find(name) {
    const { models, selected } = this;
    return models.find((model) => model.name === name) ?? models.find((model) => model.name === selected) ?? models[0];
  }

  /** A map of one model in the classes of another, by their names; what it does not know becomes its "other". */
  translate(map, from, to) {
    const names = to.classes.map(({ name }) => name);
    const table = from.classes.map(({ name }) => (names.includes(name) ? names.indexOf(name) : (to.other ?? 0)));
    return map.renumbered(table);
  }

  /** The map's size if the model takes it, else the model's own. */
  fittingSize(map, model) {
    const fits = model.sizes.some(([height, width]) => height === map.height && width === map.width);
    return fits ? [map.height, map.width] : [model.height, model.width];
  }
}
