/* The training as a film: what the generator drew at each moment, and the curves with a line there.
   The value's members are in replay.py. */
const WIDTH = 560;
const HEIGHT = 165;
const LEFT = 48;
const BELOW = 30;
const root = element.querySelector(".drawn");
const image = picture("digit grid");
const range = slider("Moment of the training", 0, 1, 1, 0);
const play = make("button", "play", "Play");
const terms = { step: "step", agreement: "judge agrees", distance: "Fréchet distance",
  epochs: "passes over MNIST" };
const values = Object.fromEntries(Object.keys(terms).map((name) => [name, make("dd", "", "–")]));
const charts = make("div", "charts");
let moments = [];
let curves = [];
let clock = null;

function few(value) {
  if (value >= 100) return value.toFixed(0);
  return value.toFixed(value >= 10 ? 1 : 2);
}

function text(content, attributes) {
  const label = svg("text", attributes);
  label.textContent = content;
  return label;
}

function chart(title, lines, { log = false, form = few } = {}) {
  // Before the first step there is no loss.
  const known = ({ name }) =>
    moments.map((moment, place) => [place, moment[name]]).filter(([, value]) => value > 0);
  const every = lines.flatMap((line) => known(line).map(([, value]) => value));
  const scale = (value) => (log ? Math.log10(value) : value);
  const [low, high] = [Math.min(...every), Math.max(...every)].map(scale);
  const last = moments.length - 1;
  const x = (place) => LEFT + ((WIDTH - LEFT - 10) * place) / (last || 1);
  const y = (value) =>
    8 + (HEIGHT - BELOW - 8) * (1 - (scale(value) - low) / (high - low || 1));
  const paths = lines.map((line) => {
    const points = known(line).map(
      ([place, value]) => `${x(place).toFixed(1)} ${y(value).toFixed(1)}`,
    );
    return svg("path", { class: line.className, d: `M${points.join("L")}` });
  });
  const cursor = svg("path", { class: "cursor" });
  const values = [Math.min(...every), Math.max(...every)].map((value) =>
    text(form(value), { x: LEFT - 5, y: y(value) + 4, "text-anchor": "end" }),
  );
  const steps = [0, Math.round(last / 2), last].map((place, number) =>
    text(`step ${moments[place].step.toLocaleString("en")}`, {
      x: x(place), y: HEIGHT - 8, "text-anchor": ["start", "middle", "end"][number] }),
  );
  const ground = svg("path", { class: "grid-line", d: `M${LEFT} ${HEIGHT - BELOW}H${WIDTH - 10}` });
  const drawing = svg(
    "svg",
    { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img",
      "aria-label": `${title}: from ${form(every[0])} to ${form(every.at(-1))}` },
    ground, cursor, ...paths, ...values, ...steps,
  );
  const keys = lines
    .filter(({ label }) => label)
    .map(({ label, className }) => make("span", "", make("i", className), label));
  const caption = make("figcaption", "", make("b", "", title), ...keys);
  charts.append(make("figure", "curve", caption, drawing));
  curves.push((place) => cursor.setAttribute("d", `M${x(place).toFixed(1)} 4V${HEIGHT - BELOW}`));
}

function put(place) {
  if (!moments.length) return;
  const moment = moments[place];
  range.value = place;
  range.setAttribute("aria-valuetext", `step ${moment.step}`);
  show(image, moment.src, `Digits 0 to 9 in six hands after ${moment.step} steps`);
  values.step.textContent = moment.step.toLocaleString("en");
  values.agreement.textContent = percent(moment.agreement);
  values.distance.textContent = few(moment.distance);
  values.epochs.textContent = moment.epochs.toFixed(1);
  for (const move of curves) move(place);
}

function halt() {
  clearInterval(clock);
  clock = null;
  play.textContent = "Play";
}

function start() {
  if (moments.length < 2) return;
  if (Number(range.value) === moments.length - 1) put(0);
  play.textContent = "Pause";
  clock = setInterval(() => {
    // As in walk.js.
    if (!root.isConnected) return halt();
    if (!root.offsetParent) return;
    const next = Number(range.value) + 1;
    if (next >= moments.length) return halt();
    put(next);
  }, 180);
}

function draw() {
  if (!props.value) return;
  moments = JSON.parse(props.value).moments;
  if (!moments.length) return;
  range.max = moments.length - 1;
  curves = [];
  charts.replaceChildren();
  chart(
    "Fréchet distance to real digits (log scale; lower is better)",
    [{ name: "distance", className: "one" }],
    { log: true },
  );
  chart(
    "Share in which the judge sees the digit asked for",
    [{ name: "agreement", className: "one" }],
    { form: percent },
  );
  chart(
    "Losses (log scale)",
    [
      { name: "discriminator_loss", className: "two", label: "discriminator" },
      { name: "generator_loss", className: "one", label: "generator" },
    ],
    { log: true },
  );
  put(moments.length - 1);
}

play.type = "button";
play.addEventListener("click", () => (clock === null ? start() : halt()));
range.addEventListener("input", () => {
  halt();
  put(Number(range.value));
});
const figures = make(
  "dl",
  "figures",
  ...Object.entries(terms).map(([name, term]) => named(term, values[name])),
);
root.className = "drawn replay";
root.append(
  make("div", "film", image, make("div", "scrub", play, range), figures),
  charts,
);
watch("value", draw);
draw();
trigger("seen");
