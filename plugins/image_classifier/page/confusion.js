/* The confusion matrix of the last training. Each cell opens the photos behind it, to be moved to the
   class that is right, or deleted; Train again is beside them. The value's members are in
   confusion.py. */
const root = element.querySelector(".drawn");
const figuresList = make("dl", "figures");
const which = make("div", "chips");
const verdict = make("p", "verdict");
const skipped = make("p", "said");
const table = make("table", "matrix");
const cellTitle = make("h4");
const shelf = make("div", "judged");
const changed = make("p", "changed");
const again = newButton("again", "Train again", () => trigger("submit"));
const pictures = new Map();
const asked = new Set();
const MOST_SHOWN = 60;
let value = null;
let made = null;
let heldOutOnly = true;
let opened = null;

function alter(kind, further) {
  trigger("alter", { change: { kind, ...further } });
}

function counted() {
  const some = value.judged.filter(([, , , , heldOut]) => heldOut || !heldOutOnly);
  const cells = value.classes.map(() => value.classes.map(() => []));
  for (const photo of some) cells[photo[1]][photo[2]].push(photo);
  for (const row of cells) for (const cell of row) cell.sort((one, other) => other[3] - one[3]);
  return { some, cells };
}

/* The fullest cell off the diagonal, or the first of it. */
function mostTelling(cells) {
  let best = [0, 0];
  let most = 0;
  cells.forEach((row, right) =>
    row.forEach((cell, decided) => {
      if (right !== decided && cell.length > most) [best, most] = [[right, decided], cell.length];
    }),
  );
  return best;
}

function drawWhich() {
  const heldOut = value.judged.filter((photo) => photo[4]).length;
  const sets = [[true, `Held out (${heldOut})`], [false, `All photos (${value.judged.length})`]];
  if (!heldOut) heldOutOnly = false;
  which.hidden = !heldOut;
  which.replaceChildren(
    ...sets.map(([only, text]) => {
      const button = newButton("chip", text, () => {
        heldOutOnly = only;
        opened = null;
        draw();
        which.querySelector("[aria-pressed=true]").focus();
      });
      button.ariaPressed = only === heldOutOnly;
      return button;
    }),
  );
}

function drawVerdict(some) {
  const wrong = some.filter(([, right, decided]) => right !== decided).length;
  const held = heldOutOnly ? "held out" : "of all";
  verdict.textContent = wrong
    ? `${wrong} of ${some.length} photos ${held} got another class than they lie in. Look at them: ` +
      "is the photo hard, or is its class wrong?"
    : `All ${some.length} photos ${held} got the class they lie in.`;
  if (!heldOutOnly) verdict.textContent += " It has learned from those that were not held out.";
}

function drawMatrix(cells) {
  const focused = table.contains(document.activeElement);
  const buttons = [];
  const rows = cells.map((row, right) => {
    const total = row.reduce((sum, cell) => sum + cell.length, 0);
    const title = make("th", "", value.classes[right]);
    title.scope = "row";
    const fields = row.map((cell, decided) => {
      const button = newButton("cell", cell.length || "·", () => open(right, decided));
      button.style.setProperty("--share", total ? cell.length / total : 0);
      button.classList.toggle("right", right === decided);
      button.classList.toggle("empty", !cell.length);
      button.ariaPressed = opened[0] === right && opened[1] === decided;
      button.tabIndex = button.ariaPressed === "true" ? 0 : -1;
      const many = cell.length === 1 ? "1 photo" : `${cell.length} photos`;
      button.title = `${many} in ${value.classes[right]}, decided ${value.classes[decided]}`;
      button.setAttribute("aria-label", button.title);
      buttons.push(button);
      return make("td", "", button);
    });
    return make("tr", "", title, ...fields);
  });
  const names = value.classes.map((name) => Object.assign(make("th", "", name), { scope: "col" }));
  table.replaceChildren(
    make("caption", "", "Rows: the class a photo lies in. Columns: the class decided."),
    make("thead", "", make("tr", "", make("td"), ...names)),
    make("tbody", "", ...rows),
  );
  table.classList.toggle("many", value.classes.length > 6);
  if (focused) table.querySelector("[aria-pressed=true]")?.focus();
}

function open(right, decided) {
  opened = [right, decided];
  draw();
}

/* What became of a photo since the training; empty if nothing did. */
function fate(number, right) {
  const now = value.now[number];
  if (now === undefined) return "deleted";
  if (now === value.trained[right]) return "";
  return `moved to ${value.choices.find((choice) => choice.number === now)?.name ?? "another class"}`;
}

function judgedPhoto([number, right, decided, probability]) {
  const { src, name } = pictures.get(number) ?? { src: "", name: "" };
  const image = Object.assign(make("img"), { alt: name });
  if (src) image.src = src;
  const said = fate(number, right);
  const facts = make("p", "", `decided ${value.classes[decided]}, ${percent(probability)}`);
  const figure = make("figure", said ? "gone" : "", image, make("figcaption", "", make("b", "", name), facts));
  figure.dataset.photo = number;
  if (said) figure.lastChild.append(make("p", "fate", said));
  if (said !== "deleted") figure.lastChild.append(corrections(number, name));
  return figure;
}

function corrections(number, name) {
  const choice = make("select");
  choice.setAttribute("aria-label", `The right class of ${name}`);
  for (const { number: place, name: title } of value.choices) {
    choice.append(new Option(title, place, false, place === value.now[number]));
  }
  choice.addEventListener("change", () =>
    alter("move", { photo: number, number: Number(choice.value) }),
  );
  return make("div", "tools", choice, newButton("", "Delete", () => alter("delete", { photo: number })));
}

function drawShelf(cell) {
  const [right, decided] = opened.map((place) => value.classes[place]);
  const many = cell.length === 1 ? "1 photo" : `${cell.length} photos`;
  cellTitle.textContent =
    right === decided ? `${many} of ${right}, decided right` : `${many} in ${right}, decided ${decided}`;
  const key = document.activeElement?.closest?.("figure")?.dataset.photo;
  shelf.replaceChildren(...cell.slice(0, MOST_SHOWN).map(judgedPhoto));
  if (key) shelf.querySelector(`[data-photo="${key}"] :is(select, button)`)?.focus();
  const missing = cell
    .slice(0, MOST_SHOWN)
    .map(([number]) => number)
    .filter((number) => !pictures.has(number) && !asked.has(number) && value.now[number] !== undefined);
  for (const number of missing) asked.add(number);
  if (missing.length) alter("look", { numbers: missing });
}

function drawChanged() {
  const trained = new Set(value.judged.map(([number]) => number));
  const mended = value.judged.filter(([number, right]) => fate(number, right)).length;
  const added = Object.keys(value.now).filter((number) => !trained.has(Number(number))).length;
  const parts = [];
  if (mended) parts.push(`${mended} mended`);
  if (added) parts.push(`${added} added`);
  changed.textContent = parts.length
    ? `Since this training: ${parts.join(", ")}. Only what is new is computed.`
    : "";
  again.hidden = !parts.length;
}

function draw() {
  const latest = props.value ? JSON.parse(props.value) : {};
  root.hidden = !latest.classes;
  if (root.hidden) {
    value = null;
    return;
  }
  for (const [number, picture] of Object.entries(latest.pictures)) {
    pictures.set(Number(number), picture);
    asked.delete(Number(number));
  }
  if (latest.set !== value?.set || latest.version >= value.version) value = latest;
  if (value.made !== made) {
    made = value.made;
    opened = null;
    heldOutOnly = true;
  }
  figuresList.replaceChildren(
    ...value.figures.map(([number, text]) => make("div", "", make("dt", "", text), make("dd", "", number))),
  );
  skipped.textContent = value.skipped;
  drawWhich();
  const { some, cells } = counted();
  opened ??= mostTelling(cells);
  drawVerdict(some);
  drawMatrix(cells);
  drawShelf(cells[opened[0]][opened[1]]);
  drawChanged();
}

table.addEventListener("keydown", (event) => {
  const buttons = [...table.querySelectorAll("button")];
  const to = roving(buttons, event.key, buttons.indexOf(document.activeElement));
  if (to < 0) return;
  event.preventDefault();
  buttons[to].focus();
});
for (const told of [verdict, changed]) told.setAttribute("role", "status");
root.className = "drawn confusion";
root.append(
  figuresList,
  skipped,
  make("div", "looking",
    make("div", "matrix-side", which, verdict, make("div", "scroll", table)),
    make("div", "judged-side", cellTitle, shelf, make("div", "tools", again, changed))),
);
watch("value", draw);
draw();
