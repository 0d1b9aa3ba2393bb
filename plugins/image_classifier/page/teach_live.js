/* The new head at work: the camera, or a photo, is sent; when the answer has come, the next frame.
   The value's members are in teach_live.py. */
const SIDE = 400;
const PATIENCE = 8_000;
const root = element.querySelector(".drawn");
const video = newVideo("What the camera sees, and the head classifies");
const photo = make("img", "own-photo");
const said = make("p", "said");
const camera = newButton("", "● Camera", () => (video.srcObject ? stop() : start()));
const files = Object.assign(make("input"), { type: "file", accept: "image/*" });
const view = make("div", "viewfinder", make("p", "invitation", "Drop a photo here, or start the camera."),
  video, photo);
const verdict = make("p", "verdict");
const aside = make("p", "said");
const bars = make("ul", "bars");
const overlay = make("img");
const why = make("figcaption");
const evidence = make("figure", "map-side", overlay, why);
let made = null;
let image = "";
let number = 0;
let waiting = false;
let pinned = "";
let rows = new Map();

function send() {
  if (!image) return;
  number += 1;
  waiting = true;
  trigger("look", { asked: { image, number, class_name: pinned } });
  const mine = number;
  setTimeout(() => mine === number && waiting && answered(), PATIENCE);
}

function frame() {
  if (!video.srcObject) return;
  // Gone to another section or another tab: nobody looks any more.
  if (!root.checkVisibility() || document.hidden) return stop();
  if (!video.videoWidth) return requestAnimationFrame(frame);
  image = readFrame(video, SIDE);
  send();
}

function answered() {
  waiting = false;
  if (video.srcObject) requestAnimationFrame(frame);
}

async function start() {
  said.textContent = "";
  try {
    await openCamera(video, "environment");
  } catch (error) {
    said.textContent = error.message;
    return;
  }
  camera.textContent = "■ Stop the camera";
  view.className = "viewfinder filming";
  frame();
}

function stop() {
  closeCamera(video);
  camera.textContent = "● Camera";
  view.className = photo.src ? "viewfinder still" : "viewfinder";
  waiting = false;
}

async function take([file]) {
  if (!file) return;
  if (video.srcObject) stop();
  try {
    image = await readPhoto(file, SIDE);
  } catch {
    said.textContent = `${file.name}: this browser cannot read it as a picture.`;
    return;
  }
  said.textContent = "";
  photo.src = image;
  photo.alt = file.name;
  view.className = "viewfinder still";
  send();
}

function bar(name) {
  const fill = make("i");
  const share = make("span", "share");
  const button = newButton("", make("span", "name", name), () => {
    pinned = pinned === name ? "" : name;
    send();
  });
  button.append(make("span", "bar", fill), share);
  const item = make("li", "", button);
  return { item, button, fill, share };
}

function drawBars(given, none, explained) {
  if (given.some(([name]) => !rows.has(name)) || rows.size !== given.length) {
    rows = new Map(given.map(([name]) => [name, bar(name)]));
    bars.replaceChildren(...[...rows.values()].map(({ item }) => item));
  }
  const top = Math.max(...given.map(([, probability]) => probability));
  for (const [name, probability] of given) {
    const { item, button, fill, share } = rows.get(name);
    fill.style.width = `${100 * probability}%`;
    share.textContent = percent(probability);
    item.classList.toggle("top", probability === top && !none);
    button.disabled = !explained;
    button.ariaPressed = name === explained;
    button.title = explained ? `Show the evidence for ${name}` : "";
  }
}

function draw() {
  const value = props.value ? JSON.parse(props.value) : {};
  root.hidden = !value.head;
  if (root.hidden) return;
  if (value.head.made !== made) {
    made = value.head.made;
    pinned = "";
    if (!waiting) send();
  }
  if (value.answered !== number) return;
  said.textContent = value.said ?? "";
  root.classList.toggle("answered", Boolean(value.bars));
  if (value.bars) {
    const sure = value.none ? "" : ` ${percent(value.probability)}`;
    verdict.replaceChildren(make("b", "", value.verdict), sure);
    verdict.classList.toggle("none", value.none);
    aside.textContent =
      value.threshold === null ? "" : `It has to be surer than ${percent(value.threshold)} to be named.`;
    drawBars(value.bars, value.none, value.explained);
    evidence.classList.toggle("without", !value.overlay);
    if (value.overlay) overlay.src = value.overlay;
    overlay.alt = why.textContent = value.why;
  }
  answered();
}

files.setAttribute("aria-label", "Choose a photo");
files.addEventListener("change", () => {
  take(files.files);
  files.value = "";
});
view.addEventListener("dragover", (event) => event.preventDefault());
view.addEventListener("drop", (event) => {
  event.preventDefault();
  take(event.dataTransfer.files);
});
said.setAttribute("role", "status");
verdict.setAttribute("role", "status");
root.className = "drawn live";
root.append(
  make("div", "seeing", view, make("div", "tools", camera, make("label", "add", "A photo", files)), said),
  make("div", "answer", verdict, bars, aside),
  evidence,
);
watch("value", draw);
draw();
