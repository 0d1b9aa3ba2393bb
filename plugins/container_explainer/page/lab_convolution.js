/* A kernel that slides over a picture. Hovering over the output, or moving there with the arrow
   keys, works out that place from the picture's own pixels. The value's members are in labs.py. */
const root = element.querySelector(".drawn");
const questions = asker();
let state = { ...props.first };
let news = null;
let pixels = null;

const refused = make("p", "refused");
const finds = make("p", "remark");
const chips = kernelChips(state.numbers, ({ numbers }) => {
  boxes.forEach((box, place) => (box.value = Number(numbers[place].toFixed(4))));
  change({ numbers });
});
const boxes = state.numbers.map((value, place) =>
  numberBox(`Kernel, row ${Math.floor(place / 3) + 1}, column ${(place % 3) + 1}`, value));
const grid = make("div", "kernel", ...boxes);
const stride = numberBox("Stride", state.stride, { min: 1, max: 8, step: 1 });
const padding = numberBox("Padding", state.padding, { min: 0, max: 8, step: 1 });
const formula = make("p", "formula");
const before = picture("The picture in grey");
const after = picture("The picture after the convolution");
const seenThere = frame();
const here = frame();
const beforeBox = make("div", "framed", before, seenThere);
const afterBox = make("div", "framed output", after, here);
const sums = make("div", "sums");
const dimensions = make("div", "scrolled");

function change(parts) {
  state = { ...state, ...parts };
  questions.ask(state);
}

function size() {
  return news.outputSize;
}

function put(row, column) {
  state.row = Math.max(0, Math.min(size()[1] - 1, row));
  state.column = Math.max(0, Math.min(size()[0] - 1, column));
  work();
}

/* The pixels under the kernel there; beyond the border lie the zeros of the padding. */
function under(row, column) {
  const [width, height] = news.size;
  return [0, 1, 2].map((down) => [0, 1, 2].map((across) => {
    const y = row * news.stride - news.padding + down;
    const x = column * news.stride - news.padding + across;
    const inside = y >= 0 && x >= 0 && y < height && x < width;
    return inside ? pixels[4 * (y * width + x)] / 255 : 0;
  }));
}

function work() {
  if (!news || !pixels) return;
  const { row, column } = state;
  const top = [row * news.stride - news.padding, column * news.stride - news.padding];
  seenThere.put(top, 3, news.size);
  here.put([row, column], 1, news.outputSize);
  const seen = under(row, column);
  const kernel = [0, 1, 2].map((line) => news.numbers.slice(3 * line, 3 * line + 3));
  const products = seen.map((line, y) => line.map((value, x) => value * kernel[y][x]));
  const sum = products.flat().reduce((total, value) => total + value, 0);
  const sign = (_, __, value) => (value < 0 ? "minus" : value > 0 ? "plus" : "");
  sums.replaceChildren(
    tableOf(seen, { head: "pixels" }), make("span", "times", "×"),
    tableOf(kernel, { head: "kernel" }), make("span", "times", "="),
    tableOf(products, { head: "products", mark: sign }), make("span", "times", "→"),
    make("div", "sum", make("small", "", `sum at row ${row}, column ${column}`),
      make("output", "", few(Math.abs(sum) < 5e-7 ? 0 : sum))),
  );
}

function draw() {
  if (!props.value) return;
  const told = JSON.parse(props.value);
  refused.textContent = told.refused ?? "";
  if (!told.refused) {
    news = { ...told, ...told.asked };
    pixels = null;
    before.src = news.input;
    after.src = news.output;
    state.row = news.row;
    state.column = news.column;
    formula.replaceChildren(...news.formula.map((line) => make("code", "", line)));
    const head = make("tr", "", ...["", "slides", "input", "weight", "output"].map((name) =>
      make("th", "", name)));
    dimensions.replaceChildren(make("table", "numbers", make("thead", "", head), make("tbody", "",
      ...news.dimensions.map(({ name, slides, shapes }) => make("tr", "", make("th", "", name),
        make("td", "", slides), ...shapes.map((shape) => make("td", "", shape)))))));
    const found = chips.press(news.numbers);
    finds.textContent = found ? `It finds ${found.finds}.` : "A kernel of your own.";
    before.decode().then(() => {
      const canvas = make("canvas");
      [canvas.width, canvas.height] = news.size;
      const paper = canvas.getContext("2d");
      paper.drawImage(before, 0, 0);
      pixels = paper.getImageData(0, 0, ...news.size).data;
      work();
    }, () => {});
  }
  questions.answered(told.number);
}

for (const box of [...boxes, stride, padding]) {
  box.addEventListener("input", () => {
    const numbers = boxes.map((one) => one.valueAsNumber);
    if ([...numbers, stride.valueAsNumber, padding.valueAsNumber].some(Number.isNaN)) {
      refused.textContent = EMPTY;
      return;
    }
    change({ numbers, stride: Number(stride.value), padding: Number(padding.value) });
  });
}
afterBox.tabIndex = 0;
afterBox.setAttribute("role", "application");
afterBox.setAttribute("aria-label", "The output; arrow keys move the place that is worked out");
for (const kind of ["pointermove", "pointerdown"]) {
  afterBox.addEventListener(kind, (event) => news && put(...pixelAt(event, after, size())));
}
afterBox.addEventListener("keydown", (event) => {
  const to = news && arrowed(event.key, [state.row, state.column]);
  if (!to) return;
  event.preventDefault();
  put(...to);
});
refused.setAttribute("role", "alert");
sums.setAttribute("aria-live", "polite");
root.className = "drawn lab";
root.append(
  chips.row, refused,
  make("div", "setting",
    make("div", "", make("h4", "", "Kernel"), grid),
    make("div", "sizes", make("label", "", "Stride", stride), make("label", "", "Padding", padding)),
    make("div", "told", finds, make("h4", "", "Size of the output"), formula)),
  make("div", "pair", figure("Before: the frame is what the kernel sees", beforeBox),
    figure("After: hover, tap, or move with the arrow keys", afterBox)),
  make("h4", "", "One place, number by number"), sums,
  make("h4", "", "The same kernel in one, two and three dimensions"), dimensions,
);
watch("value", draw);
draw();
trigger("seen");
