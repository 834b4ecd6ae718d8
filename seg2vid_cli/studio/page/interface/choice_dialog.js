/** A question with some answers, in the page's one dialog. */
import { element, make } from "./elements.js";

/**
 * Asks; gives the value of the answer, or null if the question was closed.
 * `answers`: `[{ value, title, detail }]`.
 */
export function ask({ title, text, answers }) {
  const dialog = element("question");
  element("question-title").textContent = title;
  element("question-text").textContent = text;
  return new Promise((resolve) => {
    const buttons = answers.map((answer) => answerButton(answer, dialog));
    buttons[0].autofocus = true; // and not the button that closes
    element("question-answers").replaceChildren(...buttons);
    dialog.returnValue = "";
    dialog.addEventListener("close", () => resolve(dialog.returnValue || null), { once: true });
    dialog.showModal();
  });
}

function answerButton({ value, title, detail }, dialog) {
  const button = make("button", { class: "answer", type: "button" }, make("strong", {}, title));
  if (detail) button.append(make("span", {}, detail));
  button.addEventListener("click", () => dialog.close(value));
  return button;
}
