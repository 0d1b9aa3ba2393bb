/* A training as it goes on: the bar of its phase, and curves of loss and accuracy. The value's members
   are in curves.py. */
const WIDE = 340;
const HIGH = 170;
const EDGE = { left: 38, right: 12, top: 10, bottom: 24 };
const PHASES = {
  reading: "Read photos",
  features: "Compute features",
  fitting: "Fit the head",
  tuning: "Fine-tune",
  measuring: "Measure",
};
const ALWAYS = ["reading", "features", "fitting"];
const root = element.querySelector(".drawn");
const steps = make("ol", "steps");
const fill = make("i");
const bar = make("div", "bar", fill);
const said = make("p", "said");
const charts = make("div", "charts");

function scales(points, columns, ceiling) {
  const values = points.flatMap((point) => columns.map((column) => point[column] ?? 0));
  const high = ceiling ?? Math.max(0.1, ...values);
  const first = points[0][0];
  const span = Math.max(1, points.at(-1)[0] - first);
  return {
    high,
    x: (epoch) => EDGE.left + ((WIDE - EDGE.left - EDGE.right) * (epoch - first)) / span,
    y: (value) => EDGE.top + (HIGH - EDGE.top - EDGE.bottom) * (1 - value / high),
  };
}

function line(points, column, { x, y }, name) {
  const given = points.filter((point) => point[column] !== null);
  if (!given.length) return [];
  const path = given.map((point) => `${x(point[0]).toFixed(1)} ${y(point[column]).toFixed(1)}`);
  const last = given.at(-1);
  return [
    svg("path", { class: name, d: `M${path.join("L")}` }),
    svg("circle", { class: name, cx: x(last[0]), cy: y(last[column]), r: 3 }),
  ];
}

/* One chart of two lines: column + 0 is training, column + 2 held out. */
function chart(title, { points, unit, best }, column, write, ceiling) {
  const columns = [column, column + 2];
  const scale = scales(points, columns, ceiling);
  const picture = svg("svg", { viewBox: `0 0 ${WIDE} ${HIGH}`, role: "img" });
  for (const share of [0, 0.5, 1]) {
    const at = scale.y(share * scale.high);
    picture.append(
      svg("path", { class: "grid-line", d: `M${EDGE.left} ${at}H${WIDE - EDGE.right}` }),
      svg("text", { x: EDGE.left - 6, y: at + 4, "text-anchor": "end" }, write(share * scale.high)),
    );
  }
  const [first, last] = [points[0], points.at(-1)];
  for (const [point, anchor] of [[first, "start"], [last, "end"]]) {
    picture.append(
      svg("text", { x: scale.x(point[0]), y: HIGH - 6, "text-anchor": anchor }, `${unit} ${point[0]}`),
    );
  }
  if (best) {
    const at = scale.x(Math.min(Math.max(best, first[0]), last[0]));
    picture.append(svg("path", { class: "best", d: `M${at} ${EDGE.top}V${HIGH - EDGE.bottom}` }));
  }
  picture.append(
    ...line(points, column, scale, "training"),
    ...line(points, column + 2, scale, "held-out"),
  );
  const now = columns.map((place) => last[place]);
  const key = make("span", "keys", make("span", "training", `training ${write(now[0])}`));
  if (now[1] !== null) key.append(make("span", "held-out", `held out ${write(now[1])}`));
  const caption = make("figcaption", "", make("b", "", title), key);
  picture.setAttribute("aria-label", `${title} by ${unit}; ${key.textContent}`);
  return make("figure", "chart", caption, picture);
}

/* The phases so far and those that every training has; only a fine-tuning has the others. */
function drawSteps(phase, tuned) {
  const names = Object.keys(PHASES).filter((name) => tuned || ALWAYS.includes(name));
  const place = phase === "done" ? names.length : names.indexOf(phase);
  steps.replaceChildren(
    ...names.map((name, number) => {
      const item = make("li", number < place ? "past" : number === place ? "now" : "", PHASES[name]);
      if (number === place) item.setAttribute("aria-current", "step");
      return item;
    }),
  );
}

function draw() {
  root.hidden = !props.value;
  if (!props.value) return;
  const { phase, done, total, points, unit, best, said: text } = JSON.parse(props.value);
  const ended = phase === "done" || phase === "stopped";
  drawSteps(phase, unit === "photo");
  bar.classList.toggle("ended", ended);
  const share = ended ? 1 : total ? done / total : 0;
  fill.style.width = `${100 * share}%`;
  bar.setAttribute("aria-valuenow", Math.round(100 * share));
  said.textContent = text;
  charts.hidden = points.length < 2;
  if (charts.hidden) return;
  charts.replaceChildren(
    chart("Loss", { points, unit, best }, 1, (value) => value.toFixed(2)),
    chart("Accuracy", { points, unit, best }, 2, percent, 1),
  );
}

bar.setAttribute("role", "progressbar");
bar.setAttribute("aria-label", "Progress of the phase");
bar.setAttribute("aria-valuemin", "0");
bar.setAttribute("aria-valuemax", "100");
said.setAttribute("role", "status");
root.className = "drawn learning";
root.append(steps, bar, said, charts);
watch("value", draw);
draw();
