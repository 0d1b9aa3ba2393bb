/* A diagram to zoom and to move in. The value's members are in apart.py; the SVG in it was written
   by diagram.py, which escapes every text of a model. */
const root = element.querySelector(".drawn");
const board = make("div", "board");
const depth = make("span", "remark");
const notes = make("div");
let scale = 1;
let grabbed = null;

function drawing() {
  return board.querySelector("svg");
}

function zoom(to, at = null) {
  const svg = drawing();
  if (!svg) return;
  const [, , width, height] = svg.getAttribute("viewBox").split(" ").map(Number);
  const box = board.getBoundingClientRect();
  const x = at ? at.clientX - box.left : board.clientWidth / 2;
  const y = at ? at.clientY - box.top : 0;
  const [left, top] = [(board.scrollLeft + x) / scale, (board.scrollTop + y) / scale];
  scale = Math.max(0.1, Math.min(4, to));
  svg.setAttribute("width", width * scale);
  svg.setAttribute("height", height * scale);
  board.scrollTo(left * scale - x, top * scale - y);
}

function fit() {
  const svg = drawing();
  if (!svg) return;
  const width = Number(svg.getAttribute("viewBox").split(" ")[2]);
  zoom(Math.min(1, (board.clientWidth - 2) / width));
  board.scrollTo(0, 0);
}

function button(label, title, press) {
  const made = make("button", "", label);
  made.type = "button";
  made.title = title;
  made.setAttribute("aria-label", title);
  made.addEventListener("click", press);
  return made;
}

function draw() {
  if (!props.value) return;
  const { svg, notes: told, boxes, depth: open } = JSON.parse(props.value);
  board.hidden = !svg;
  board.innerHTML = svg;
  depth.textContent = svg ? `${boxes} boxes, ${open} level${open === 1 ? "" : "s"} open` : "";
  notes.replaceChildren(...told.map((note) => make("p", "note", note)));
  fit();
}

board.tabIndex = 0;
board.setAttribute("role", "region");
board.setAttribute("aria-label", "The diagram; it scrolls, and + and − zoom");
board.addEventListener("keydown", ({ key }) => {
  if (key === "+" || key === "=") zoom(scale * 1.25);
  if (key === "-") zoom(scale / 1.25);
  if (key === "0") fit();
});
board.addEventListener("wheel", (event) => {
  if (!event.ctrlKey && !event.metaKey) return;
  event.preventDefault();
  zoom(scale * (event.deltaY < 0 ? 1.15 : 1 / 1.15), event);
}, { passive: false });
board.addEventListener("pointerdown", (event) => {
  if (event.pointerType !== "mouse" || event.button) return;
  grabbed = [event.clientX + board.scrollLeft, event.clientY + board.scrollTop];
  board.setPointerCapture(event.pointerId);
});
board.addEventListener("pointermove", (event) => {
  if (grabbed) board.scrollTo(grabbed[0] - event.clientX, grabbed[1] - event.clientY);
});
for (const end of ["pointerup", "pointercancel"]) {
  board.addEventListener(end, () => (grabbed = null));
}
root.className = "drawn diagram";
root.append(
  make("div", "controls", button("−", "Zoom out", () => zoom(scale / 1.25)),
    button("+", "Zoom in", () => zoom(scale * 1.25)), button("Fit", "Fit the width", fit),
    button("1 : 1", "Its own size", () => zoom(1)), depth,
    make("span", "remark", "drag to move, Ctrl and the wheel to zoom")),
  notes, board,
);
watch("value", draw);
draw();
