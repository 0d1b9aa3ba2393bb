/* The photos of one card: a strip of small pictures, and below it the one that was opened. */
function newThumb(photo, open, remove) {
  const image = make("img");
  const cross = make("span", "delete", "✕");
  const button = newButton("thumb", image, () => open(photo));
  cross.title = "Delete this photo";
  cross.addEventListener("click", (event) => {
    event.stopPropagation();
    remove(photo);
  });
  button.append(cross);
  button.dataset.photo = photo;
  return { button, image };
}

/* One tab stop for the strip: arrow keys move, Delete deletes. */
function makeRoving(strip, remove) {
  strip.setAttribute("role", "group");
  strip.addEventListener("keydown", (event) => {
    const buttons = [...strip.children];
    const from = buttons.indexOf(document.activeElement);
    if (from < 0) return;
    if (event.key === "Delete" || event.key === "Backspace") {
      event.preventDefault();
      remove(Number(buttons[from].dataset.photo));
      return;
    }
    const to = roving(buttons, event.key, from);
    if (to < 0) return;
    event.preventDefault();
    for (const button of buttons) button.tabIndex = button === buttons[to] ? 0 : -1;
    buttons[to].focus();
  });
}

/* What can be done with one photo: `others` are the classes that it may be moved to. */
function photoDetail(picture, others, { move, remove, close }) {
  const image = Object.assign(make("img"), { src: picture.src, alt: picture.name });
  const choice = make("select");
  choice.setAttribute("aria-label", "Move this photo to another class");
  choice.append(new Option("Move to …", ""));
  for (const { name, number } of others) choice.append(new Option(name, number));
  choice.addEventListener("change", () => choice.value && move(Number(choice.value)));
  const tools = make("div", "tools", newButton("", "Delete", remove), newButton("", "Close", close));
  return [image, make("div", "detail-side", make("b", "", picture.name), choice, tools)];
}

function newStrip(number) {
  const strip = make("div", "strip");
  const detail = make("div", "detail");
  const thumbs = new Map();
  let photos = [];
  let opened = null;

  function remove(photo) {
    const place = photos.indexOf(photo);
    const next = photos[place + 1] ?? photos[place - 1];
    if (opened === photo) opened = null;
    thumbs.get(next)?.button.focus();
    alter("delete", { photo });
  }

  function look(photo) {
    opened = opened === photo ? null : photo;
    drawDetail();
    if (opened === null) thumbs.get(photo)?.button.focus();
    else detail.querySelector("select").focus();
  }

  function drawDetail() {
    if (!photos.includes(opened)) opened = null;
    for (const [photo, { button }] of thumbs) button.ariaExpanded = photo === opened;
    detail.hidden = opened === null;
    if (detail.hidden || detail.dataset.photo === `${opened} ${version}`) return;
    detail.dataset.photo = `${opened} ${version}`;
    const photo = opened;
    detail.replaceChildren(
      ...photoDetail(
        pictures.get(photo) ?? { src: "", name: "" },
        classes.filter((each) => each.number !== number),
        {
          move: (to) => alter("move", { photo, number: to }),
          remove: () => remove(photo),
          close: () => look(photo),
        },
      ),
    );
  }

  function drawThumb(photo, place) {
    if (!thumbs.has(photo)) thumbs.set(photo, newThumb(photo, look, remove));
    const { button, image } = thumbs.get(photo);
    const { src, name } = pictures.get(photo) ?? { src: "", name: "" };
    if (src && image.getAttribute("src") !== src) image.src = src;
    image.alt = button.title = name;
    if (strip.children[place] !== button) strip.insertBefore(button, strip.children[place] ?? null);
  }

  function draw(mine) {
    photos = mine.photos;
    for (const [photo, { button }] of thumbs) {
      if (photos.includes(photo)) continue;
      button.remove();
      thumbs.delete(photo);
    }
    photos.forEach(drawThumb);
    const buttons = [...strip.children];
    const current = Math.max(0, buttons.indexOf(document.activeElement));
    buttons.forEach((button, place) => (button.tabIndex = place === current ? 0 : -1));
    strip.hidden = !photos.length;
    strip.setAttribute("aria-label", `Photos of ${mine.name}: arrow keys move, Delete deletes`);
    drawDetail();
  }

  makeRoving(strip, remove);
  return { strip, detail, draw };
}
