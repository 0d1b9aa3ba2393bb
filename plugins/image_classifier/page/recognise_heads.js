/* Cards to choose a head from, as radio buttons: Tab reaches them, the arrow keys choose. */
const root = element.querySelector(".drawn");

function card(choice, chosen) {
  const radio = make("input");
  Object.assign(radio, { type: "radio", name: `${element.id}-head`, value: choice.name });
  radio.checked = choice.name === chosen;
  radio.dataset.draws = choice.draws;
  radio.addEventListener("change", () => trigger("chosen", { name: choice.name }));
  const title = make("b", "", choice.title);
  if (choice.own) title.append(make("span", "badge", "yours"));
  const facts = [choice.kind, choice.accuracy].filter(Boolean).join(" · ");
  return make("label", "head", radio, title, make("span", "", choice.classes), make("small", "", facts));
}

function draw() {
  if (!props.value) return;
  const { choices, chosen } = JSON.parse(props.value);
  const focused = root.contains(document.activeElement) && document.activeElement.value;
  root.replaceChildren(...choices.map((choice) => card(choice, chosen)));
  if (focused) root.querySelector(`[value="${CSS.escape(focused)}"]`)?.focus();
}

root.className = "drawn heads";
root.setAttribute("role", "radiogroup");
root.setAttribute("aria-label", "Whose names the photo gets");
watch("value", draw);
draw();
