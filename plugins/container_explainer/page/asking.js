/* Asks the server, one question at a time: of those that come meanwhile, the last is asked next.
   Every answer brings the number of its question. Labs share what is below it, too. */
const EMPTY = "Every box needs a number.";

function asker() {
  let number = 0;
  let waiting = false;
  let later = null;
  const send = (asked) => {
    waiting = true;
    number += 1;
    trigger("ask", { number, asked });
  };
  return {
    ask: (asked) => (waiting ? (later = asked) : send(asked)),
    answered(of) {
      if (of !== number) return;
      waiting = false;
      if (later === null) return;
      const asked = later;
      later = null;
      send(asked);
    },
  };
}

function few(value) {
  if (Number.isInteger(value)) return String(value).replace("-", "−");
  return value.toFixed(Math.abs(value) < 10 ? 2 : 1).replace("-", "−");
}

function numberBox(label, value, options = {}) {
  const box = make("input");
  Object.assign(box, { type: "number", step: "any", value, ...options });
  box.setAttribute("aria-label", label);
  return box;
}

function picture(alt) {
  const image = make("img", "map");
  image.alt = alt;
  return image;
}

function figure(caption, ...content) {
  return make("figure", "", make("figcaption", "", caption), ...content);
}

function kernelChips(chosen, choose) {
  const row = make("div", "choices");
  const buttons = props.kernels.map((kernel) => {
    const button = make("button", "choice", kernel.name);
    button.type = "button";
    button.title = kernel.finds;
    button.addEventListener("click", () => choose(kernel));
    return button;
  });
  row.append(...buttons);
  row.setAttribute("role", "group");
  row.setAttribute("aria-label", "Kernels");
  const press = (numbers) => {
    const found = props.kernels.find((kernel) =>
      kernel.numbers.every((number, place) => Math.abs(number - numbers[place]) < 5e-4));
    buttons.forEach((button, place) =>
      button.setAttribute("aria-pressed", props.kernels[place] === found));
    return found;
  };
  press(chosen);
  return { row, press };
}

function tableOf(rows, { head = "", mark = () => "" } = {}) {
  const table = make("table", "grid");
  if (head) table.append(make("caption", "", head));
  rows.forEach((row, down) => {
    const line = make("tr");
    row.forEach((value, across) => {
      const cell = make("td", mark(down, across, value), few(value));
      line.append(cell);
    });
    table.append(line);
  });
  return table;
}

/* The place of a picture's pixel under the pointer, as [row, column]. */
function pixelAt(event, box, [width, height]) {
  const { left, top, width: wide, height: high } = box.getBoundingClientRect();
  const within = (share, count) => Math.max(0, Math.min(count - 1, Math.floor(share * count)));
  return [within((event.clientY - top) / high, height), within((event.clientX - left) / wide, width)];
}

/* A frame over a picture: around the pixels from there on. */
function frame() {
  const mark = make("i", "spot");
  mark.put = ([row, column], side, [width, height]) => Object.assign(mark.style, {
    left: `${(100 * column) / width}%`, top: `${(100 * row) / height}%`,
    width: `${(100 * side) / width}%`, height: `${(100 * side) / height}%`,
  });
  return mark;
}

function arrowed(key, [row, column]) {
  const [down, across] = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1],
    ArrowRight: [0, 1] }[key] ?? [0, 0];
  return down || across ? [row + down, column + across] : null;
}
