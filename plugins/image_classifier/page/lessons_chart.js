/* A chart of lines: `plot` makes one from what it is told. Accuracies go up, from a floor to 100 %;
   across is a number, on a scale of its logarithm if it is told so. */
const WIDE = 640;
const HIGH = 300;
const EDGE = { left: 52, right: 18, top: 14, bottom: 60 };

function svg(tag, attributes, ...content) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...content);
  return made;
}

/* The lowest value in round steps; the share of all that lies above it is what is drawn. */
function floorOf(values) {
  return Math.max(0, Math.min(0.9, Math.floor(10 * Math.min(1, ...values)) / 10));
}

/* `across` is {from, to, log, ticks: [[value, text]], title}; `up` is {from, title}. */
function axes(across, up) {
  const inner = { wide: WIDE - EDGE.left - EDGE.right, high: HIGH - EDGE.top - EDGE.bottom };
  const scaled = across.log ? Math.log : (value) => value;
  const [from, to] = [scaled(across.from), scaled(across.to)];
  const x = (value) => EDGE.left + (inner.wide * (scaled(value) - from)) / (to - from || 1);
  const y = (value) => EDGE.top + inner.high * (1 - (value - up.from) / (1 - up.from));
  const group = svg("g", { class: "axes" });
  const steps = up.from >= 0.8 ? 0.05 : up.from >= 0.5 ? 0.1 : 0.2;
  for (let value = 1; value >= up.from - 1e-9; value -= steps) {
    group.append(
      svg("path", { class: "grid", d: `M${EDGE.left} ${y(value)}H${WIDE - EDGE.right}` }),
      svg("text", { x: EDGE.left - 8, y: y(value) + 4, "text-anchor": "end" }, `${Math.round(100 * value)} %`),
    );
  }
  const base = HIGH - EDGE.bottom;
  for (const [value, text] of across.ticks) {
    group.append(
      svg("path", { class: "tick", d: `M${x(value)} ${base}v5` }),
      svg("text", { x: x(value), y: base + 23, "text-anchor": "middle" }, text),
    );
  }
  group.append(
    svg("text", { class: "axis-title", x: (EDGE.left + WIDE - EDGE.right) / 2, y: HIGH - 6, "text-anchor": "middle" }, across.title),
  );
  return { group, x, y };
}

function path(points, { x, y }) {
  return `M${points.map(([a, b]) => `${x(a).toFixed(1)} ${y(b).toFixed(1)}`).join("L")}`;
}

/* A line with dots and a band of [across, low, high]. */
function line(name, points, scale, band = []) {
  const group = svg("g", { class: `line ${name}` });
  if (band.length > 1) {
    const edge = [...band.map(([a, , high]) => [a, high]), ...band.map(([a, low]) => [a, low]).reverse()];
    group.append(svg("path", { class: "band", d: `${path(edge, scale)}Z` }));
  }
  group.append(svg("path", { class: "stroke", d: path(points, scale) }));
  // Of many points the last one alone is marked: where it ended.
  for (const [a, b] of points.length > 20 ? points.slice(-1) : points)
    group.append(svg("circle", { cx: scale.x(a), cy: scale.y(b), r: 4.5 }));
  return group;
}

function plot(label, scale, ...content) {
  const drawing = svg("svg", { class: "plot", viewBox: `0 0 ${WIDE} ${HIGH}`, role: "img", "aria-label": label });
  drawing.append(scale.group, ...content);
  return drawing;
}

/* A table of texts: the first cell of each row names it. */
function table(heads, rows) {
  const head = make("tr", "", ...heads.map((text) => Object.assign(make("th", "", text), { scope: "col" })));
  const body = rows.map(([first, ...cells]) => {
    const name = Object.assign(make("th"), { scope: "row" });
    name.append(first);
    return make("tr", "", name, ...cells.map((cell) => make("td", "", cell)));
  });
  return make("table", "numbers", make("thead", "", head), make("tbody", "", ...body));
}

function share(value, digits = 1) {
  return `${(100 * value).toFixed(digits)} %`;
}

function interval([low, high]) {
  return `${Math.round(100 * low)} to ${Math.round(100 * high)} %`;
}

/* What is being done, and how far it is. */
function progressBar() {
  const bar = make("i");
  const text = make("span");
  const shown = make("div", "progress", make("span", "bar", bar), text);
  const fill = ({ said, done }) => {
    shown.hidden = !said;
    text.textContent = said ?? "";
    bar.style.width = `${100 * (done ?? 0)}%`;
  };
  return { shown, fill };
}
