/* Paper to draw on; see `sketchpad` in components.py. The drawing is sent as a PNG in a data URL, as
   `drawn`: after every stroke, and when the value becomes another number. Live paper sends while a
   stroke is drawn, too: what it sends has a number, and the next is sent when that one is answered. */
const SIDE = 280;
const PEN = 20;
const PATIENCE = 3000;
const root = element.querySelector(".drawn");
const paper = make("canvas", "paper");
const pen = paper.getContext("2d");
const undo = make("button", "", "Undo");
const clear = make("button", "", "Clear");
let strokes = [];
let stroke = null;
let number = 0;
let asked = 0;
let wanted = false;

function place(event) {
  const box = paper.getBoundingClientRect();
  return [
    (SIDE * (event.clientX - box.left)) / box.width,
    (SIDE * (event.clientY - box.top)) / box.height,
  ];
}

function paint() {
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, SIDE, SIDE);
  pen.strokeStyle = pen.fillStyle = "#111";
  pen.lineWidth = PEN;
  pen.lineCap = pen.lineJoin = "round";
  for (const points of strokes) {
    pen.beginPath();
    pen.moveTo(...points[0]);
    // A line to the same place is a dot.
    for (const point of points) pen.lineTo(...point);
    pen.stroke();
  }
  root.classList.toggle("blank", !strokes.length);
  undo.disabled = clear.disabled = !strokes.length;
}

function send() {
  wanted = Boolean(props.live && asked && performance.now() - asked < PATIENCE);
  if (wanted) return;
  number += 1;
  asked = performance.now();
  trigger("drawn", { image: strokes.length ? paper.toDataURL("image/png") : "", number });
}

function keep(next) {
  strokes = next;
  paint();
  send();
}

function hear() {
  const news = props.value ? JSON.parse(props.value) : null;
  if (!news?.answered) return send();
  if (news.answered !== number) return;
  asked = 0;
  if (wanted) send();
}

paper.addEventListener("pointerdown", (event) => {
  if (event.button || !event.isPrimary) return;
  paper.setPointerCapture(event.pointerId);
  stroke = [place(event)];
  strokes.push(stroke);
  paint();
  if (props.live) send();
});
paper.addEventListener("pointermove", (event) => {
  if (!stroke || !event.isPrimary) return;
  stroke.push(place(event));
  paint();
  if (props.live) send();
});
for (const end of ["pointerup", "pointercancel"]) {
  paper.addEventListener(end, (event) => {
    if (!stroke || !event.isPrimary) return;
    stroke = null;
    send();
  });
}
undo.addEventListener("click", () => keep(strokes.slice(0, -1)));
clear.addEventListener("click", () => keep([]));
undo.type = clear.type = "button";
paper.width = paper.height = SIDE;
paper.setAttribute("role", "img");
paper.setAttribute("aria-label", props.description);
root.className = "drawn sketchpad";
root.append(
  make("div", "sheet", paper, make("span", "invitation", props.invitation)),
  make("div", "tools", undo, clear),
);
watch("value", hear);
paint();
