/* Generated digits, each with what the judge sees and how real it looks. One of them is chosen, and
   what stands below the gallery is about that one. The value's members are in gallery.py. */
const root = element.querySelector(".drawn");
const said = make("p", "said");
const shelf = make("div", "shelf");
let cards = [];
let chosen = 0;

function card(number) {
  const image = picture();
  const label = make("b");
  const sure = make("span");
  const bar = make("i");
  const button = make(
    "button",
    "sample",
    image,
    make("span", "seen-as", label, sure),
    make("span", "bar", bar),
  );
  button.type = "button";
  button.addEventListener("click", () => {
    choose(number);
    trigger("choose", { number });
  });
  return { button, image, label, sure, bar };
}

function choose(number) {
  chosen = number;
  cards.forEach(({ button }, place) => {
    button.setAttribute("aria-pressed", place === chosen);
    button.tabIndex = place === chosen ? 0 : -1;
  });
}

function draw() {
  if (!props.value) return;
  const { samples, note } = JSON.parse(props.value);
  while (cards.length < samples.length) cards.push(card(cards.length));
  for (const { button } of cards.splice(samples.length)) button.remove();
  samples.forEach(({ src, digit, judged, confidence, real }, number) => {
    const { button, image, label, sure, bar } = cards[number];
    const fits = judged === digit;
    show(image, src, "");
    label.textContent = judged;
    sure.textContent = fits ? percent(confidence) : `not ${digit}`;
    bar.style.width = real === null ? "0" : `${100 * real}%`;
    button.classList.toggle("misread", !fits);
    const looks = real === null ? "" : `; ${percent(real)} of real digits look less real`;
    button.title = `Sample ${number + 1}, a ${digit}; the judge sees a ${judged}${looks}`;
    button.setAttribute("aria-label", button.title);
  });
  shelf.replaceChildren(...cards.map(({ button }) => button));
  said.textContent = note;
  choose(0);
}

shelf.setAttribute("role", "group");
shelf.setAttribute("aria-label", "Generated digits; arrow keys move among them");
shelf.addEventListener("keydown", (event) => {
  const buttons = cards.map(({ button }) => button);
  const to = roving(buttons, event.key, Math.max(0, buttons.indexOf(document.activeElement)));
  if (to < 0) return;
  event.preventDefault();
  buttons[to].focus();
});
said.setAttribute("role", "status");
said.textContent = "The first digits come as soon as the networks are loaded …";
root.append(shelf, said);
watch("value", draw);
draw();
trigger("seen");
