/* A plane through the latents: a pad to drag on, and the picture there. A new place is asked for
   when the answer to the last one has come, so that a slow connection never queues up. The value's
   members are in explore.py. */
const REACH = 4;
const root = element.querySelector(".drawn");
const pad = make("div", "pad");
const knob = make("i", "knob");
const image = picture("digit large");
const bars = judgeBars();
const length = make("dd", "", "–");
const real = make("dd", "", "–");
const trip = make("dd", "", "–");
const axes = ["x", "y"].map((name) => {
  const range = slider(name, -REACH, REACH, 0.05, 0);
  const label = make("span", "axis");
  return { name, range, label };
});
let place = { x: 0, y: 0 };
let question = 0;
let asked = 0;
let wanted = false;

function ask() {
  if (asked && performance.now() - asked < 2000) {
    wanted = true;
    return;
  }
  wanted = false;
  asked = performance.now();
  question += 1;
  trigger("move", { ...place, question });
}

function put(x, y) {
  const bound = (value) => Math.max(-REACH, Math.min(REACH, value));
  place = { x: bound(x), y: bound(y) };
  knob.style.left = `${50 + (50 * place.x) / REACH}%`;
  knob.style.top = `${50 - (50 * place.y) / REACH}%`;
  for (const { name, range } of axes) range.value = place[name];
}

function point(event) {
  const box = pad.getBoundingClientRect();
  put(
    REACH * ((2 * (event.clientX - box.left)) / box.width - 1),
    REACH * (1 - (2 * (event.clientY - box.top)) / box.height),
  );
  ask();
}

function draw() {
  if (!props.value) return;
  const news = JSON.parse(props.value);
  if (news.question === null) {
    // Another sample or plane: what was asked about the last one counts no more.
    put(0, 0);
    question += 1;
    wanted = false;
  } else if (news.question !== question) return;
  else trip.textContent = `${Math.round(performance.now() - asked)} ms`;
  show(image, news.src, `A ${news.digit} as generated there`);
  bars.fill(news.probabilities);
  length.textContent = news.length.toFixed(1);
  real.textContent = news.real === null ? "–" : percent(news.real);
  axes[0].label.textContent = news.directions[0];
  axes[1].label.textContent = news.directions[1];
  axes[0].range.setAttribute("aria-label", news.directions[0]);
  axes[1].range.setAttribute("aria-label", news.directions[1]);
  asked = 0;
  if (wanted) ask();
}

pad.addEventListener("pointerdown", (event) => {
  if (event.button || !event.isPrimary) return;
  pad.setPointerCapture(event.pointerId);
  point(event);
});
pad.addEventListener("pointermove", (event) => {
  if (pad.hasPointerCapture(event.pointerId)) point(event);
});
pad.addEventListener("dblclick", () => {
  put(0, 0);
  ask();
});
for (const { name, range } of axes) {
  range.addEventListener("input", () => {
    put(...["x", "y"].map((axis) => (axis === name ? Number(range.value) : place[axis])));
    ask();
  });
}
pad.append(knob);
const figures = make(
  "dl",
  "figures",
  named("of real digits look less real", real),
  named("length of the latent", length),
  named("round trip", trip),
);
root.className = "drawn explorer";
root.append(
  make(
    "div",
    "pad-side",
    pad,
    ...axes.map(({ range, label }) => make("label", "axis-row", label, range)),
  ),
  make("div", "picture-side", image),
  make("div", "judge-side", bars.list, figures),
);
put(0, 0);
watch("value", draw);
draw();
trigger("seen");
