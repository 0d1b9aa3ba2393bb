/* A drawing, the nearest that the generator can draw, and where the two differ, while the search
   goes on. The value's members are in sketch.py. */
const root = element.querySelector(".drawn");
const titles = { drawing: "your digit, as the networks see it", image: "the nearest it can draw",
  residual: "the difference" };
const pictures = Object.fromEntries(Object.keys(titles).map((name) => [name, picture("digit large")]));
const row = make(
  "div",
  "three",
  ...Object.entries(titles).map(([name, title]) => {
    const caption = make("figcaption", "", title);
    const figure = make("figure", name, pictures[name], caption);
    return figure;
  }),
);
const bars = judgeBars();
const terms = { digit: "is asked for", explained: "of your ink explained", error: "error",
  length: "length of the latent", step: "step" };
const values = Object.fromEntries(Object.keys(terms).map((name) => [name, make("dd", "", "–")]));
const figures = make(
  "dl",
  "figures",
  ...Object.entries(terms).map(([name, term]) => named(term, values[name])),
);
const line = svg("path", { class: "line" });
const curve = svg("svg", { class: "error-curve", viewBox: "0 0 300 80", role: "img",
  preserveAspectRatio: "none" }, line);
const said = make("p", "said");
const hint = make("p", "hint", props.hint);
const side = make("div", "found-side", figures, curve, said);
const seen = make("div", "judge-side", make("h4", "", "What the judge sees in yours"), bars.list);

function draw() {
  if (!props.value) return;
  const news = JSON.parse(props.value);
  const searched = news.image !== undefined;
  hint.hidden = news.drawing !== undefined;
  row.hidden = seen.hidden = !hint.hidden;
  side.hidden = !searched;
  row.classList.toggle("alone", !searched);
  said.textContent = news.said ?? "";
  if (!hint.hidden) return;
  show(pictures.drawing, news.drawing, titles.drawing);
  bars.fill(news.probabilities);
  if (!searched) return;
  show(pictures.image, news.image, `${titles.image}: a ${news.digit}`);
  show(pictures.residual, news.residual, "Missing ink is orange, surplus ink blue");
  values.digit.textContent = news.digit;
  values.explained.textContent = percent(Math.max(0, news.explained));
  values.error.textContent = news.error.toFixed(3);
  values.length.textContent = news.length.toFixed(1);
  values.step.textContent = `${news.step} of ${news.steps}`;
  const top = Math.max(...news.errors);
  const x = (number) => (300 * number) / Math.max(1, news.reports - 1);
  const y = (error) => 78 - (74 * error) / top;
  line.setAttribute("d", `M${news.errors.map((e, n) => `${x(n).toFixed(1)} ${y(e).toFixed(1)}`).join("L")}`);
  curve.setAttribute("aria-label", `The error fell from ${top.toFixed(3)} to ${news.error.toFixed(3)}`);
}

said.setAttribute("role", "status");
row.hidden = seen.hidden = side.hidden = true;
root.className = "drawn found";
root.append(hint, row, make("div", "below", side, seen));
watch("value", draw);
draw();
