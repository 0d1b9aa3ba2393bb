/* Classes as cards: a name to be changed in place, and photos to be added, looked at, moved and
   deleted. The server keeps the photos; here are small pictures of them, which are asked for where
   they are missing. The value's members are in cards.py. */
const root = element.querySelector(".drawn");
const shelf = make("div", "cards");
const create = newButton("new-class", "+ Add a class", () => alter("create"));
const cards = new Map();
const groups = new Map();
const pictures = new Map();
const asked = new Set();
const MOST_ASKED = 48;
let classes = [];
let set = null;
let version = -1;
let latest = null;
const undoing = make("p", "undoing");

function alter(kind, further) {
  trigger("alter", { change: { kind, ...further } });
}

function newName(number) {
  const name = make("input", "class-name");
  name.type = "text";
  name.maxLength = 100;
  name.setAttribute("aria-label", "Name of the class");
  name.addEventListener("focus", () => name.select());
  name.addEventListener("change", () => alter("rename", { number, name: name.value }));
  name.addEventListener("keydown", (event) => {
    if (event.key === "Escape") name.value = name.defaultValue;
    if (event.key === "Enter" || event.key === "Escape") name.blur();
  });
  return name;
}

function newFiles(take) {
  const files = Object.assign(make("input"), { type: "file", multiple: true, accept: "image/*" });
  files.addEventListener("change", () => {
    take(files.files);
    files.value = "";
  });
  return files;
}

/* Files that are dropped on an element; those dropped beside it would replace the page. */
function takeDrops(target, take) {
  target.addEventListener("dragover", (event) => {
    event.preventDefault();
    target.classList.add("over");
  });
  target.addEventListener("dragleave", () => target.classList.remove("over"));
  target.addEventListener("drop", (event) => {
    event.preventDefault();
    target.classList.remove("over");
    take(event.dataTransfer.files);
  });
}

/* A button that opens the camera of a card above it, and closes it. */
function cameraOf(number, before) {
  const button = newButton("", "● Camera", () => (open ? stop() : start()));
  let open = null;

  function start() {
    for (const { stopCamera } of cards.values()) stopCamera();
    open = cameraPanel(number, () => {
      open = null;
      button.ariaExpanded = false;
      button.focus();
    });
    button.ariaExpanded = true;
    before.before(open.panel);
  }

  function stop() {
    open?.stop();
  }

  button.ariaExpanded = false;
  return { button, stop };
}

function newCard(number) {
  const name = newName(number);
  const count = make("span", "count");
  const removal = newButton("remove", "✕", () => alter("remove", { number }));
  const invitation = make("p", "invitation", "Drop photos here or paste them.");
  const { strip, detail, draw: drawStrip } = newStrip(number);
  const said = make("p", "said");
  const files = newFiles(take);
  const tools = make("div", "tools");
  const { button: camera, stop: stopCamera } = cameraOf(number, tools);
  const card = make("article", "class-card", make("header", "", name, count, removal));

  function take(list) {
    enqueue(
      number,
      [...list].map((file) => ({ name: file.name, read: () => readPhoto(file, SIDE) })),
    );
  }

  function draw() {
    const mine = classes.find((each) => each.number === number);
    const group = groups.get(number);
    if (document.activeElement !== name) name.value = mine.name;
    name.defaultValue = mine.name;
    count.textContent = mine.photos.length === 1 ? "1 photo" : `${mine.photos.length} photos`;
    removal.disabled = classes.length <= 2;
    removal.title = removal.disabled ? "Two classes have to stay" : `Remove ${mine.name}`;
    removal.setAttribute("aria-label", removal.title);
    files.setAttribute("aria-label", `Add photos to ${mine.name}`);
    card.setAttribute("aria-label", mine.name);
    said.textContent = progressOf(group);
    said.classList.toggle("trouble", Boolean(group?.refused.length));
    invitation.hidden = mine.photos.length > 0;
    drawStrip(mine);
  }

  said.setAttribute("role", "status");
  tools.append(make("label", "add", "+ Photos", files), camera);
  card.append(invitation, strip, detail, said, tools);
  for (const kind of ["pointerdown", "focusin"]) {
    card.addEventListener(kind, () => (latest = number));
  }
  takeDrops(card, take);
  return { card, draw, take, stopCamera, focusName: () => name.focus() };
}

function redraw() {
  for (const { number } of classes) cards.get(number)?.draw();
}

function arrange() {
  const present = new Set(classes.map(({ number }) => number));
  for (const [number, { card, stopCamera }] of cards) {
    if (present.has(number)) continue;
    stopCamera();
    card.remove();
    cards.delete(number);
    groups.delete(number);
  }
  classes.forEach(({ number }, place) => {
    if (!cards.has(number)) cards.set(number, newCard(number));
    const { card } = cards.get(number);
    if (shelf.children[place] !== card) shelf.insertBefore(card, shelf.children[place] ?? null);
  });
}

function drawUndo(text) {
  undoing.hidden = !text;
  undoing.replaceChildren(text, " ", newButton("undo", "Undo", () => alter("undo")));
}

function askForPictures() {
  const missing = classes
    .flatMap(({ photos }) => photos)
    .filter((number) => !pictures.has(number) && !asked.has(number))
    .slice(0, MOST_ASKED);
  for (const number of missing) asked.add(number);
  if (missing.length) alter("want", { numbers: missing });
}

function draw() {
  if (!props.value) return;
  const value = JSON.parse(props.value);
  for (const [number, picture] of Object.entries(value.pictures)) {
    pictures.set(Number(number), picture);
    asked.delete(Number(number));
  }
  // An older answer may come after a newer one; another set is that of a new session.
  if (value.set !== set || value.version >= version) {
    ({ set, version, classes } = value);
    arrange();
    drawUndo(value.undo);
  }
  redraw();
  if (value.focus) cards.get(value.focus)?.focusName();
  if (value.added) answered(value.added);
  askForPictures();
}

document.addEventListener("paste", (event) => {
  const pasted = event.clipboardData?.files ?? [];
  const into = cards.get(latest) ?? cards.get(classes[0]?.number);
  if (!pasted.length || !into || !element.isConnected || !root.offsetParent) return;
  event.preventDefault();
  into.take(pasted);
});
shelf.append(create);
undoing.setAttribute("role", "status");
root.append(shelf, undoing);
watch("value", draw);
draw();
alter("want", { numbers: [] });
