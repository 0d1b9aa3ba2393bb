/* A picture's way through a network: a strip of the layers, and what left the one that is chosen.
   The value's members are in layers.py. */
const root = element.querySelector(".drawn");
const strip = make("div", "strip");
const back = make("button", "go", "← Back");
const next = make("button", "go", "Next →");
const place = make("span", "place");
const stage = make("div", "stage");
let walk = null;
let at = 0;
let marked = 0;

function few(value) {
  const size = Math.abs(value);
  const digits = size >= 100 ? 0 : size >= 10 ? 1 : size >= 0.1 || size === 0 ? 2 : 4;
  return value.toFixed(digits).replace("-", "−");
}

function pixels(src, alt) {
  const image = make("img", "map");
  Object.assign(image, { src, alt });
  return image;
}

function shapes(numbers) {
  return numbers.slice(1).join(" × ");
}

function layers() {
  const first = { path: "your photo", kind: "input", returned: [1, 3, ...walk.size] };
  return [first, ...walk.steps];
}

function go(to, focus = false) {
  at = Math.max(0, Math.min(walk.steps.length, to));
  marked = 0;
  [...strip.children].forEach((button, number) => {
    button.setAttribute("aria-current", number === at ? "step" : "false");
    button.tabIndex = number === at ? 0 : -1;
    if (number !== at) return;
    const left = button.offsetLeft - (strip.clientWidth - button.offsetWidth) / 2;
    strip.scrollTo({ left, behavior: "smooth" });
    if (focus) button.focus({ preventScroll: true });
  });
  back.disabled = at === 0;
  next.disabled = at === walk.steps.length;
  place.textContent = at ? `layer ${at} of ${walk.steps.length}` : "what goes in";
  stage.replaceChildren(...(at ? layer(walk.steps[at - 1]) : photo()));
}

function photo() {
  const picture = pixels(walk.input, "Your photo as the network sees it");
  picture.classList.add("whole");
  const text = "What the network sees of it: the middle square in "
    + `${walk.size.join(" × ")} pixels, three numbers each, from −1 to 1.`;
  return [make("h3", "", "What goes in"), make("p", "", text), picture];
}

function layer(step) {
  const call = make("code", "", `${step.kind}(${step.arguments})`);
  const head = make("h3", "", make("span", "path", step.path), " ", call);
  const way = make("p", "way", make("b", "", shapes(step.given)), " → ",
    make("b", "", shapes(step.returned)));
  const parts = [head, way, make("p", "", step.means), figures(step)];
  if (step.filters.length) parts.push(filters(step));
  parts.push(step.maps.length ? maps(step) : bars(step));
  if (at === walk.steps.length && walk.classes.length) parts.push(classes());
  return parts;
}

function figures(step) {
  const pairs = Object.entries(step.figures).map(([name, value]) => [name, few(value)]);
  pairs.push(["zeros", percent(step.zeros)]);
  const list = make("dl", "values");
  for (const [name, value] of pairs) {
    list.append(make("div", "", make("dt", "", name), make("dd", "", value)));
  }
  return list;
}

function filters(step) {
  const row = make("div", "filters");
  step.filters.forEach((src, number) => row.append(mark(number,
    pixels(src, `Filter ${number + 1}`), String(number + 1))));
  const note = "The filters, each the mean over what it looks at; light is positive. Choose one to "
    + "see its map large.";
  return make("section", "", make("h4", "", "Its filters"), make("p", "remark", note), row);
}

function mark(number, image, label) {
  const button = make("button", "tile", image, make("small", "", label));
  button.type = "button";
  button.dataset.number = number;
  button.setAttribute("aria-pressed", number === marked);
  button.addEventListener("click", () => choose(number));
  return button;
}

function choose(number) {
  marked = number;
  const step = walk.steps[at - 1];
  for (const tile of stage.querySelectorAll(".tile")) {
    tile.setAttribute("aria-pressed", Number(tile.dataset.number) === marked);
  }
  const large = stage.querySelector(".large");
  large.querySelector("img").src = step.maps[marked];
  large.querySelector("img").alt = `Map ${marked + 1} of ${step.path}`;
  large.querySelector("figcaption").textContent = `map ${marked + 1} of ${step.returned[1]}`;
}

function maps(step) {
  const grid = make("div", "maps");
  step.maps.forEach((src, number) => grid.append(mark(number,
    pixels(src, `Map ${number + 1} of ${step.path}`), String(number + 1))));
  const large = make("figure", "large", pixels(step.maps[0], `Map 1 of ${step.path}`),
    make("figcaption", "", `map 1 of ${step.returned[1]}`));
  const note = "Each from its smallest (black) to its largest number (white).";
  const title = make("h4", "", `What leaves it: ${step.returned[1]} feature maps`);
  return make("section", "", title, make("p", "remark", note),
    make("div", "shown-maps", large, grid));
}

function bars(step) {
  const count = step.values.length;
  const most = Math.max(...step.values.map(Math.abs), 1e-9);
  const chart = make("div", "vector");
  chart.setAttribute("role", "img");
  chart.setAttribute("aria-label", `${count} numbers from ${few(Math.min(...step.values))} to `
    + few(Math.max(...step.values)));
  step.values.forEach((value, number) => {
    const bar = make("i", value < 0 ? "minus" : "plus");
    bar.style.height = `${(50 * Math.abs(value)) / most}%`;
    bar.title = `${number}: ${few(value)}`;
    chart.append(bar);
  });
  const total = step.returned[1];
  const title = count < total ? `The first ${count} of ${total} numbers` : `${count} numbers`;
  return make("section", "", make("h4", "", `What leaves it: ${title.toLowerCase()}`), chart);
}

function classes() {
  const best = Math.max(...walk.classes.map(({ share }) => share));
  const list = make("ol", "classes");
  for (const { name, share } of walk.classes) {
    const fill = make("i");
    fill.style.width = `${100 * share}%`;
    list.append(make("li", share === best ? "top" : "", make("span", "", name),
      make("span", "meter", fill), make("span", "share", percent(share))));
  }
  const note = "Softmax turns the ten numbers into shares that add up to 1.";
  return make("section", "", make("h4", "", "What the network says"), make("p", "remark", note),
    list);
}

function draw() {
  if (!props.value) return;
  const first = walk === null;
  walk = JSON.parse(props.value);
  strip.replaceChildren(...layers().map(({ path, kind, returned }, number) => {
    const name = path.split(".").at(-1);
    const button = make("button", `stop ${kind.toLowerCase()}`, make("b", "", name),
      make("small", "", number ? kind : "photo"), make("small", "", shapes(returned)));
    button.type = "button";
    button.title = path;
    button.addEventListener("click", () => go(number));
    return button;
  }));
  go(first ? 1 : at);
}

root.addEventListener("keydown", (event) => {
  if (!walk || event.target.matches("input, select")) return;
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  go(at + step, strip.contains(event.target));
});
for (const [button, step] of [[back, -1], [next, 1]]) {
  button.type = "button";
  button.addEventListener("click", () => {
    go(at + step);
    if (button.disabled) (step < 0 ? next : back).focus();
  });
}
place.setAttribute("role", "status");
strip.setAttribute("role", "group");
strip.setAttribute("aria-label", "The layers, in the order in which they are called");
stage.setAttribute("aria-live", "polite");
root.className = "drawn layers";
root.append(strip, make("div", "controls", back, place, next), stage);
watch("value", draw);
draw();
trigger("seen");
