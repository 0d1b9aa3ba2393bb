/* The way from one digit to another: a film to play, stop and scrub, its frames in a strip, and
   what the judge sees in each. A new film plays unless the visitor has stopped the last. The value's
   members are in walk.py. */
const root = element.querySelector(".drawn");
const image = picture("digit large");
const range = slider("Place on the way", 0, 1, 1, 0);
const play = make("button", "play", "Play");
const strip = make("div", "strip");
const bars = judgeBars();
const said = make("p", "said");
let frames = [];
let at = 0;
let step = 1;
let clock = null;
let resting = matchMedia("(prefers-reduced-motion: reduce)").matches;

function put(place) {
  if (!frames.length) return;
  at = place;
  const frame = frames[at];
  range.value = at;
  show(image, frame.src, `${percent(frame.share)} of the way; the judge sees a ${frame.judged}`);
  bars.fill(frame.probabilities);
  [...strip.children].forEach((each, number) => each.classList.toggle("here", number === at));
}

function halt() {
  clearInterval(clock);
  clock = null;
  play.textContent = "Play";
}

function rest() {
  resting = true;
  halt();
}

function tick() {
  // What is not on the page any more, or in a hidden tab, is not played.
  if (!root.isConnected) return halt();
  if (!root.offsetParent) return;
  if (at + step < 0 || at + step >= frames.length) step = -step;
  put(at + step);
}

function start() {
  if (frames.length < 2) return;
  play.textContent = "Pause";
  clock = setInterval(tick, Math.max(40, 2400 / frames.length));
}

function draw() {
  if (!props.value) return;
  const news = JSON.parse(props.value);
  frames = news.frames;
  range.max = frames.length - 1;
  strip.replaceChildren(
    ...frames.map((frame, number) => {
      const each = picture();
      show(each, frame.src, "");
      const box = make("button", "frame", each, make("span", "", String(frame.judged)));
      box.type = "button";
      box.tabIndex = -1;
      box.setAttribute("aria-label", `Frame ${number + 1}: the judge sees a ${frame.judged}`);
      box.addEventListener("click", () => {
        rest();
        put(number);
      });
      return box;
    }),
  );
  said.textContent = news.note;
  step = 1;
  put(0);
  halt();
  if (!resting) start();
}

play.type = "button";
play.addEventListener("click", () => {
  if (clock !== null) return rest();
  resting = false;
  start();
});
range.addEventListener("input", () => {
  rest();
  put(Number(range.value));
});
said.setAttribute("role", "status");
root.className = "drawn walk";
root.append(
  make("div", "picture-side", image, make("div", "scrub", play, range)),
  make("div", "judge-side", bars.list),
  make("div", "strip-side", strip, said),
);
watch("value", draw);
draw();
trigger("seen");
