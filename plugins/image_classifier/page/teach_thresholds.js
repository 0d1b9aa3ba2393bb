/* How sure the head has to be: a switch, a slider, and the curve of accuracy against coverage. The
   value's members are in teach_thresholds.py. */
const WIDE = 340;
const HIGH = 190;
const EDGE = { left: 44, right: 12, top: 10, bottom: 36 };
const root = element.querySelector(".drawn");
const toggle = Object.assign(make("input"), { type: "checkbox" });
const slider = Object.assign(make("input"), {
  type: "range",
  min: 100 * props.least,
  max: 100,
  step: 1,
  value: 95,
});
const target = make("b");
const wanted = make("label", "wanted", make("span", "", "Of what it names, right: ", target), slider);
const outcome = make("p", "outcome");
const list = make("ul", "thresholds");
const figure = make("figure", "chart");
const note = make("p", "said");

function ask() {
  target.textContent = `${slider.value} %`;
  const accuracy = toggle.checked ? Number(slider.value) / 100 : null;
  trigger("ask", { wanted: { accuracy } });
}

function place([coverage, accuracy], low) {
  const x = EDGE.left + (WIDE - EDGE.left - EDGE.right) * coverage;
  const y = EDGE.top + ((HIGH - EDGE.top - EDGE.bottom) * (1 - accuracy)) / (1 - low);
  return [x.toFixed(1), y.toFixed(1)];
}

function drawCurve({ curve, coverage, accuracy, target: aim }) {
  const lowest = Math.min(...curve.map(([, share]) => share), accuracy ?? 1);
  const low = Math.min(0.9, Math.floor(10 * lowest) / 10);
  const picture = svg("svg", { viewBox: `0 0 ${WIDE} ${HIGH}`, role: "img" });
  for (const share of [low, (1 + low) / 2, 1]) {
    const [x, y] = place([0, share], low);
    picture.append(
      svg("path", { class: "grid-line", d: `M${x} ${y}H${WIDE - EDGE.right}` }),
      svg("text", { x: x - 6, y: Number(y) + 4, "text-anchor": "end" }, percent(share)),
    );
  }
  for (const share of [0, 0.5, 1]) {
    const [x] = place([share, 1], low);
    picture.append(svg("text", { x, y: HIGH - 20, "text-anchor": "middle" }, percent(share)));
  }
  const middle = (EDGE.left + WIDE - EDGE.right) / 2;
  picture.append(
    svg("text", { x: middle, y: HIGH - 4, "text-anchor": "middle" }, "share of photos that is named"),
    svg("path", { class: "held-out", d: `M${curve.map((point) => place(point, low).join(" ")).join("L")}` }),
  );
  for (const point of curve) {
    const [cx, cy] = place(point, low);
    picture.append(svg("circle", { class: "held-out", cx, cy, r: 2.5 }));
  }
  if (aim !== null && accuracy !== null) {
    const [cx, cy] = place([coverage, accuracy], low);
    picture.append(svg("circle", { class: "here", cx, cy, r: 6 }));
  }
  picture.setAttribute("aria-label", "Accuracy of what is named against the share that is named");
  figure.replaceChildren(make("figcaption", "", make("b", "", "Accuracy against coverage")), picture);
}

function draw() {
  const value = props.value ? JSON.parse(props.value) : {};
  root.hidden = !value.curve;
  if (root.hidden) return;
  const { target: aim, coverage, accuracy, held_out: held, classes } = value;
  toggle.checked = aim !== null;
  if (aim !== null && document.activeElement !== slider) slider.value = Math.round(100 * aim);
  target.textContent = `${slider.value} %`;
  wanted.classList.toggle("off", aim === null);
  slider.disabled = aim === null;
  outcome.textContent =
    aim === null
      ? `It names every photo: ${percent(accuracy ?? 0)} of the ${held} held out rightly.`
      : `It names ${percent(coverage)} of the ${held} photos held out` +
        (accuracy === null ? "." : `, and ${percent(accuracy)} of those rightly.`);
  list.replaceChildren(
    ...classes.map(([name, threshold]) =>
      make("li", "", `${name} `, make("b", "", threshold >= 1 ? "never" : `above ${percent(threshold)}`)),
    ),
  );
  note.textContent = value.note;
  drawCurve(value);
}

toggle.addEventListener("change", ask);
slider.addEventListener("input", () => (target.textContent = `${slider.value} %`));
slider.addEventListener("change", ask);
outcome.setAttribute("role", "status");
root.className = "drawn thresholding";
root.append(
  make("div", "threshold-side", make("label", "toggle", toggle, "Let it say “none of these”"),
    wanted, outcome, list, note),
  figure,
);
watch("value", draw);
draw();
