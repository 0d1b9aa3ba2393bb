/* Small maps of the heads, and a text whose characters show whom they looked at. The value's
   members are in attention.py. */
const root = element.querySelector(".drawn");
const heads = make("div", "heads");
const text = make("div", "seen");
const account = make("p", "account");
let news = null;
let head = -1;
let asking = -1;
let spans = [];
const maps = [];

const weights = (number, row) =>
  number >= 0
    ? news.heads[number].rows[row]
    : news.heads[0].rows[row].map(
        (_, place) =>
          news.heads.reduce((sum, { rows }) => sum + rows[row][place], 0) / news.heads.length,
      );

function paint(canvas, number) {
  const size = news.seen.length;
  canvas.width = canvas.height = size;
  const context = canvas.getContext("2d");
  const picture = context.createImageData(size, size);
  for (let row = 0; row < size; row += 1) {
    weights(number, row).forEach((weight, place) => {
      const at = 4 * (row * size + place);
      picture.data.set([238, 76, 44, 255 * Math.sqrt(weight / 1000)], at);
    });
  }
  context.putImageData(picture, 0, 0);
}

function lay() {
  maps.length = 0;
  heads.replaceChildren();
  const titles = [["all heads", "their mean"]].concat(
    news.heads.map(({ summary }, number) => [`head ${number + 1}`, summary]),
  );
  titles.forEach(([title, summary], place) => {
    const canvas = make("canvas");
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", `${title}: ${summary}`);
    const button = make("button", "map", canvas, make("b", "", title), make("small", "", summary));
    button.type = "button";
    button.addEventListener("click", () => choose(place - 1));
    maps.push(button);
    heads.append(button);
    paint(canvas, place - 1);
  });
  spans = [...news.seen].map((character, place) => {
    const span = make("span", character === "\n" ? "c newline" : "c", character);
    span.place = place;
    return span;
  });
  text.replaceChildren(...spans);
}

function choose(number) {
  head = number;
  maps.forEach((map, place) => map.setAttribute("aria-pressed", String(place - 1 === head)));
  ask(asking);
}

function ask(place) {
  asking = place;
  const row = weights(head, place);
  const most = Math.max(...row, 1);
  spans.forEach((span, other) => {
    span.classList.toggle("asking", other === place);
    span.classList.toggle("later", other > place);
    const share = other <= place ? row[other] / most : 0;
    span.style.setProperty("--weight", `${Math.round(55 * share)}%`);
    span.tabIndex = other === place ? 0 : -1;
  });
  const asker = spans[place];
  asker.setAttribute("role", "button");
  const seen = [...row.entries()].sort((one, other) => other[1] - one[1]).slice(0, 3);
  const listed = seen.map(([other, weight]) => {
    const where = other === place ? "itself" : `${place - other} back`;
    return `${glyph(news.seen[other])} ${where} (${percent(weight / 1000)})`;
  });
  account.textContent = `${glyph(news.seen[place])} looked at ${listed.join(", ")}.`;
  asker.setAttribute("aria-label", `${spoken(news.seen[place])}: ${account.textContent}`);
}

function draw() {
  root.hidden = !props.value;
  if (!props.value) return;
  const before = news?.seen;
  news = JSON.parse(props.value);
  lay();
  if (news.seen !== before) asking = news.seen.length - 1;
  choose(Math.min(head, news.heads.length - 1));
}

text.setAttribute("role", "group");
text.setAttribute("aria-label", "The text; arrow keys choose the character that looks back");
account.setAttribute("role", "status");
root.className = "drawn attention";
root.append(heads, text, account);
text.addEventListener("pointerover", (event) => {
  if (event.target.place !== undefined && event.pointerType === "mouse") ask(event.target.place);
});
text.addEventListener("click", (event) => {
  if (event.target.place === undefined) return;
  ask(event.target.place);
  event.target.focus({ preventScroll: true });
});
text.addEventListener("keydown", (event) => {
  const next = event.target.place === undefined ? -1 : roving(spans, event.key, asking);
  if (next < 0) return;
  ask(next);
  spans[next].focus();
  event.preventDefault();
});
watch("value", draw);
draw();
