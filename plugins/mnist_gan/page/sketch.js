/* Paper to draw a digit on. After every stroke, and when the value changes, the drawing is sent, as
   a PNG in a data URL. */
const SIDE = 280;
const PEN = 20;
const root = element.querySelector(".drawn");
const paper = make("canvas", "paper");
const pen = paper.getContext("2d");
const undo = make("button", "", "Undo");
const clear = make("button", "", "Clear");
let strokes = [];
let stroke = null;

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
  trigger("drawn", { image: strokes.length ? paper.toDataURL("image/png") : "" });
}

function keep(next) {
  strokes = next;
  paint();
  send();
}

paper.addEventListener("pointerdown", (event) => {
  if (event.button || !event.isPrimary) return;
  paper.setPointerCapture(event.pointerId);
  stroke = [place(event)];
  strokes.push(stroke);
  paint();
});
paper.addEventListener("pointermove", (event) => {
  if (!stroke || !event.isPrimary) return;
  stroke.push(place(event));
  paint();
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
paper.setAttribute("aria-label", "Paper: draw one digit with the mouse, a pen or a finger");
root.className = "drawn sketch";
root.append(
  make("div", "sheet", paper, make("span", "invitation", "Draw a digit here")),
  make("div", "tools", undo, clear),
);
watch("value", send);
paint();
