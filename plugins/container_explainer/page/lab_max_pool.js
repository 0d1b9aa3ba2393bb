/* Max-pooling of a table to type into, and of a picture. The value's members are in labs.py. */
const root = element.querySelector(".drawn");
const questions = asker();
const refused = make("p", "refused");
const boxes = props.first.table.map((value, place) =>
  numberBox(`Row ${Math.floor(place / 4) + 1}, column ${(place % 4) + 1}`, value));
const table = make("div", "pool-table", ...boxes);
const result = make("div", "pool-result");
const before = picture("The picture in grey");
const after = picture("The same, pooled");
const captions = [make("figcaption"), make("figcaption")];

function draw() {
  if (!props.value) return;
  const told = JSON.parse(props.value);
  refused.textContent = told.refused ?? "";
  if (!told.refused) {
    const won = new Set(told.winners.map(([row, column]) => 4 * row + column));
    boxes.forEach((box, place) => box.classList.toggle("won", won.has(place)));
    result.replaceChildren(...told.pooled.flat().map((value) => make("output", "", few(value))));
    before.src = told.input;
    after.src = told.output;
    captions[0].textContent = `Before: ${told.size.join(" × ")} pixels`;
    captions[1].textContent = `After: ${told.outputSize.join(" × ")}, shown as large`;
  }
  questions.answered(told.number);
}

for (const box of boxes) {
  box.addEventListener("input", () => {
    const table = boxes.map((one) => one.valueAsNumber);
    if (table.some(Number.isNaN)) refused.textContent = EMPTY;
    else questions.ask({ table });
  });
}
refused.setAttribute("role", "alert");
result.setAttribute("aria-live", "polite");
root.className = "drawn lab";
root.append(
  make("p", "", "Of every window of 2 × 2 the largest number stays. Change the numbers; the "
    + "winners are marked."),
  refused,
  make("div", "pooling", table, make("span", "times", "max of each window →"), result),
  make("h4", "", "The same with the photo"),
  make("div", "pair", make("figure", "", captions[0], before),
    make("figure", "", captions[1], after)),
);
watch("value", draw);
draw();
trigger("seen");
