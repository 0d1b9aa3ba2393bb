/* Gradio runs this once, when the tree is first shown, with `element`, `trigger` and `watch`.
   Listeners are on `element`, which stays while its content is replaced. */
const every = (selector) => [...element.querySelectorAll(selector)];
const search = () => element.querySelector(".search");
const above = (node) => node.parentElement.closest(".node");
let openBefore = null;
const columns = new Set();

function filter() {
  const box = search();
  if (!box) return;
  const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
  const nodes = every(".node");
  if (words.length && !openBefore) openBefore = new Set(nodes.filter((node) => node.open));
  const isHit = (node) =>
    words.length > 0 &&
    words.every(
      (word) =>
        node.dataset.text.includes(word) ||
        (word.includes(".") && node.dataset.path.includes(word)),
    );
  const hits = new Set(nodes.filter(isHit));
  const leading = new Set();
  for (const hit of hits) {
    for (let node = above(hit); node && !leading.has(node); node = above(node)) leading.add(node);
  }
  const below = new Set();
  for (const node of nodes) {
    if (hits.has(above(node)) || below.has(above(node))) below.add(node);
    node.classList.toggle("hit", hits.has(node));
    node.hidden = words.length > 0 && ![hits, leading, below].some((kept) => kept.has(node));
    if (words.length) node.open = leading.has(node);
    else if (openBefore) node.open = openBefore.has(node);
  }
  if (!words.length) openBefore = null;
  element.querySelector(".found").textContent = words.length
    ? `${hits.size} of ${nodes.length} modules`
    : "";
}

function fold(open) {
  for (const node of every("details.node")) node.open = open;
  if (!open && every("details.node").length) every("details.node")[0].open = true;
}

function select(row) {
  every(".row.chosen").forEach((other) => other.classList.remove("chosen"));
  row.classList.add("chosen");
  element.querySelector(".selected").innerHTML = row.parentElement.querySelector(".facts").innerHTML;
}

function move(row, steps) {
  const shown = every(".row").filter((other) => other.checkVisibility());
  shown[shown.indexOf(row) + steps]?.focus();
}

function unfoldOrMove(row, key) {
  const node = row.parentElement;
  if (key === "ArrowDown") move(row, 1);
  else if (key === "ArrowUp") move(row, -1);
  else if (key === "ArrowRight" && node.open === false) node.open = true;
  else if (key === "ArrowLeft" && node.open) node.open = false;
  else if (key === "ArrowLeft") above(node)?.querySelector(".row").focus();
  else return false;
  return true;
}

function showColumns() {
  const tree = element.querySelector(".tree");
  if (!tree) return;
  for (const box of every("[data-column]")) {
    box.checked = columns.has(box.dataset.column);
    tree.classList.toggle(box.dataset.column, box.checked);
  }
  tree.style.setProperty("--more", "7rem ".repeat(columns.size));
  // As wide as the columns need beside the narrowest one for the names; it scrolls from there on.
  tree.style.setProperty("--wide", columns.size ? `${51 + 8 * columns.size}rem` : "0");
}

element.addEventListener("input", (event) => {
  const { column } = event.target.dataset;
  if (event.target === search()) filter();
  if (!column) return;
  if (event.target.checked) columns.add(column);
  else columns.delete(column);
  showColumns();
});
element.addEventListener("click", (event) => {
  const button = event.target.closest("[data-fold]");
  const row = event.target.closest(".row");
  if (button) fold(button.dataset.fold === "open");
  if (row) select(row);
});
element.addEventListener("focusin", (event) => {
  if (event.target.matches(".row")) select(event.target);
});
element.addEventListener("keydown", (event) => {
  const toTree = event.target === search() && ["Enter", "ArrowDown"].includes(event.key);
  if (toTree) (element.querySelector(".hit > .row") ?? element.querySelector(".row"))?.focus();
  const row = event.target.matches(".row") ? event.target : null;
  if (toTree || (row && unfoldOrMove(row, event.key))) event.preventDefault();
});
function begin() {
  openBefore = null;
  filter();
  showColumns();
  const first = element.querySelector(".row");
  if (first) select(first);
}
watch("value", begin);
begin();
