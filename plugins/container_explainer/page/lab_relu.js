/* ReLU on the output of a convolution: two pictures, and 4 x 4 of their numbers. The value's
   members are in labs.py. */
const root = element.querySelector(".drawn");
const questions = asker();
let state = { ...props.first };
let news = null;

const refused = make("p", "refused");
const chips = kernelChips(state.numbers, ({ numbers }) => change({ numbers }));
const before = picture("What a convolution gives");
const after = picture("The same after ReLU");
const frames = [frame(), frame()];
const boxes = [make("div", "framed output", before, frames[0]),
  make("div", "framed", after, frames[1])];
const sums = make("div", "sums");
const share = make("b");

function change(parts) {
  state = { ...state, ...parts };
  questions.ask(state);
}

function draw() {
  if (!props.value) return;
  const told = JSON.parse(props.value);
  refused.textContent = told.refused ?? "";
  if (!told.refused) {
    news = told;
    before.src = news.input;
    after.src = news.output;
    state.row = news.row;
    state.column = news.column;
    for (const mark of frames) mark.put([news.row, news.column], 4, news.size);
    const cut = (_, __, value) => (value < 0 ? "minus" : "");
    const zero = (down, across) => (news.before[down][across] < 0 ? "cut" : "");
    sums.replaceChildren(tableOf(news.before, { head: "before", mark: cut }),
      make("span", "times", "max(0, x) →"), tableOf(news.after, { head: "after", mark: zero }));
    share.textContent = percent(news.negative);
    chips.press(state.numbers);
  }
  questions.answered(told.number);
}

boxes[0].tabIndex = 0;
boxes[0].setAttribute("role", "application");
boxes[0].setAttribute("aria-label", "Before ReLU; arrow keys move the place that is shown");
boxes[0].addEventListener("pointerdown", (event) => {
  if (!news) return;
  const [row, column] = pixelAt(event, before, news.size);
  change({ row: Math.max(0, row - 2), column: Math.max(0, column - 2) });
});
boxes[0].addEventListener("keydown", (event) => {
  const to = news && arrowed(event.key, [state.row, state.column]);
  if (!to) return;
  event.preventDefault();
  change({ row: Math.max(0, to[0]), column: Math.max(0, to[1]) });
});
refused.setAttribute("role", "alert");
sums.setAttribute("aria-live", "polite");
root.className = "drawn lab";
root.append(
  make("p", "", "ReLU keeps what is positive and makes the rest zero. Here it gets what a "
    + "convolution gives; zero is grey, white the largest number, black the smallest."),
  chips.row, refused,
  make("div", "pair", figure("Before: click to choose the numbers below", boxes[0]),
    figure("After: nothing is darker than grey", boxes[1])),
  make("p", "", share, " of all numbers were negative, and are zero now."),
  make("h4", "", "Sixteen of its numbers"), sums,
);
watch("value", draw);
draw();
trigger("seen");
